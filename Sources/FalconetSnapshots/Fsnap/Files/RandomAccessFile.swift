import FalconetStreams
import Glibc

/// Bytes that are read at any place.
protocol RandomAccess: AnyObject {
  /// What error messages call them.
  var name: String { get }
  var size: UInt64 { get }

  /// Reads up to `buffer.count` bytes at an offset.
  /// - Returns: the number of bytes read; 0 at the end.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(StreamError) -> Int
}

/// A regular file that is read at any place.
///
/// Soundness: the descriptor is this object's own and is closed with it; buffers are used during
/// the calls that get them.
final class RandomAccessFile: RandomAccess {
  let name: String
  let size: UInt64
  private let descriptor: Int32

  /// Opens the file at `path`.
  init(path: String) throws(StreamError) {
    // Says what is wrong where the file is missing, may not be read, or is a folder.
    guard let size = try FileSource(path: path).size else {
      throw StreamError(
        .unsupported, path: path, message: "a pipe or device can't be read at any place",
        remedy: "copy it to a file first")
    }
    name = path
    self.size = size
    descriptor = path.withFileName { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw Self.failure(path) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(StreamError) -> Int {
    guard let position = off_t(exactly: offset) else { return 0 }
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, position)
      if count >= 0 { return count }
      if errno != EINTR { throw Self.failure(name) }
    }
  }

  private static func failure(_ path: String) -> StreamError {
    let number = errno
    let reason = strerror(number).map { String(cString: $0) } ?? "error \(number)"
    return StreamError(
      .system(errno: number), path: path, message: "can't be read: \(reason)")
  }
}

/// A temporary file that is written from start to end, then read at any place.
final class TemporarySink: ByteSink, RandomAccess {
  let name: String
  private(set) var size: UInt64 = 0
  private let file: TemporaryFile

  /// An empty file.
  ///
  /// - Parameters:
  ///   - name: what error messages call what is written.
  ///   - folder: where the file is made; nil is `TMPDIR`, or `/tmp`.
  init(for name: String, in folder: String? = nil) throws(StreamError) {
    self.name = name
    file = try TemporaryFile(in: folder)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    try file.write(bytes, at: size)
    size += UInt64(bytes.count)
  }

  func finish() throws(StreamError) {}

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(StreamError) -> Int {
    guard offset < size else { return 0 }
    let count = min(buffer.count, Int(clamping: size - offset))
    try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: offset)
    return count
  }
}

/// The bytes of a file from an offset on.
final class FilePart: ByteSource {
  var name: String { file.name }
  private let file: any RandomAccess
  private var offset: UInt64

  init(_ file: any RandomAccess, from offset: UInt64 = 0) {
    self.file = file
    self.offset = offset
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    let count = try file.read(into: buffer, at: offset)
    offset &+= UInt64(count)
    return count
  }
}
