import FalconetSystem
import SystemPackage

/// Reads a file of a database.
enum DatabaseFile {
  /// Opens a regular file.
  static func open(_ path: FilePath) throws(TableFault) -> PositionalFile {
    let file: PositionalFile?
    do throws(Errno) { file = try PositionalFile(path: path) } catch {
      throw TableFault("cannot be read: \(error)")
    }
    guard let file else { throw TableFault("is not a regular file") }
    return file
  }

  /// The bytes at an offset, all of them.
  static func bytes(
    _ count: Int, of file: PositionalFile, at offset: UInt64
  ) throws(TableFault) -> [UInt8] {
    let bytes = try bytes(atMost: count, of: file, at: offset)
    guard bytes.count == count else { throw TableFault("became shorter while it was read") }
    return bytes
  }

  /// The bytes at an offset, as far as the file goes.
  ///
  /// Sound: the read fills memory that the array hands out for it, and the array is told how much of it
  /// was filled.
  static func bytes(
    atMost limit: Int, of file: PositionalFile, at offset: UInt64
  ) throws(TableFault) -> [UInt8] {
    var failure: Errno?
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      do throws(Errno) {
        let room = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[..<limit])
        count = try file.read(into: room, at: offset)
      } catch { failure = error }
    }
    if let failure { throw TableFault("cannot be read: \(failure)") }
    return bytes
  }
}
