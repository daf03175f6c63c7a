import FalconetSystem
import SystemPackage

/// Random access to the bytes of an ELF file, on disk or in memory.
final class ELFInput: Sendable {
  private enum Storage: Sendable {
    case file(PositionalFile)
    case bytes([UInt8])
  }

  /// The file's path, or the name given with the bytes.
  let name: String
  /// The length in bytes when the file was opened.
  let size: UInt64
  private let storage: Storage

  init(bytes: [UInt8], name: String) {
    self.name = name
    size = UInt64(bytes.count)
    storage = .bytes(bytes)
  }

  init(path: String) throws(ELFError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw Self.unreadable(
        path, "the path is empty or holds a zero byte", remedy: "name an ELF file")
    }
    let file: PositionalFile?
    do throws(Errno) { file = try PositionalFile(path: FilePath(fileName: path)) } catch {
      throw Self.unreadable(
        path, "cannot be opened (\(error))", remedy: "check the path and the file's permissions")
    }
    guard let file else {
      throw Self.unreadable(
        path, "not a regular file",
        remedy: "name an ELF file; pipes and directories have no random access")
    }
    name = path
    size = file.size
    storage = .file(file)
  }

  /// Fills `buffer` with the bytes from `offset` on.
  ///
  /// - Parameter what: names the thing that is read, for the error of a file that ends before it.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, what: String
  ) throws(ELFError) {
    try check(offset: offset, count: UInt64(buffer.count), what: what)
    switch storage {
    case .bytes(let bytes):
      unsafe bytes.withUnsafeBytes { source in
        // Sound: `check` has found that the range lies within the bytes.
        unsafe buffer.copyMemory(from: .init(rebasing: source[Int(offset)...].prefix(buffer.count)))
      }
    case .file(let file):
      let count: Int
      do throws(Errno) { count = try unsafe file.read(into: buffer, at: offset) } catch {
        throw Self.unreadable(
          name, "cannot be read (\(error))", at: offset, remedy: "check the disk the file is on")
      }
      // The file shrank since it was opened.
      guard count == buffer.count else { throw cutShort(at: offset, what: what) }
    }
  }

  /// The `count` bytes from `offset` on, as an array.
  func read(at offset: UInt64, count: UInt64, what: String) throws(ELFError) -> [UInt8] {
    try check(offset: offset, count: count, what: what)
    var failure: ELFError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
      do throws(ELFError) {
        try unsafe read(into: UnsafeMutableRawBufferPointer(buffer), at: offset, what: what)
        initialized = Int(count)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Throws unless the file holds `count` bytes from `offset` on.
  func check(offset: UInt64, count: UInt64, what: String) throws(ELFError) {
    guard offset <= size, count <= size - offset else {
      throw cutShort(at: offset, what: "\(what) (\(count) bytes)")
    }
  }

  private static func unreadable(
    _ path: String, _ message: String, at offset: UInt64? = nil, remedy: String
  ) -> ELFError {
    ELFError(.unreadable, file: path, offset: offset, message: message, remedy: remedy)
  }

  private func cutShort(at offset: UInt64, what: String) -> ELFError {
    ELFError(
      .cutShort, file: name, offset: offset,
      message: "the file ends at byte \(size), before the end of \(what)",
      remedy: "build or copy the file again")
  }
}
