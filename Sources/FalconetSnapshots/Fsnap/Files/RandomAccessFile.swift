import FalconetStreams
import FalconetSystem
import SystemPackage

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
final class RandomAccessFile: RandomAccess {
  let name: String
  let size: UInt64
  private let file: PositionalFile

  /// Opens the file at `path`.
  init(path: String) throws(StreamError) {
    name = path
    // Says what is wrong if the file is missing, may not be read, or is a directory.
    let isFile = try FileSource(path: path).size != nil
    let opened: PositionalFile?
    do throws(Errno) {
      opened = isFile ? try PositionalFile(path: FilePath(fileName: path)) : nil
    } catch { throw StreamError(error, .read, path: path) }
    guard let opened else {
      throw StreamError(
        .unsupported, path: path, message: "a pipe or device has no random access",
        remedy: "copy it to a file first")
    }
    file = opened
    size = opened.size
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(StreamError) -> Int {
    do throws(Errno) { return try file.read(into: buffer, at: offset) } catch {
      throw StreamError(error, .read, path: name)
    }
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
