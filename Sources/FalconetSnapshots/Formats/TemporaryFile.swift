import FalconetStreams
import FalconetSystem
import SystemPackage

/// A file without a name, for what is too large for memory. It is gone when the process is, however
/// that ends.
final class TemporaryFile {
  /// What error messages call the file.
  let name: String
  private let file: PositionalFile

  /// Makes a file.
  ///
  /// - Parameter folder: its directory; nil is `TMPDIR`, or `/tmp` if that is not set.
  init(in folder: String? = nil) throws(StreamError) {
    let folder = folder ?? TemporaryDirectory.path
    name = "temporary file in \(folder)"
    do throws(Errno) {
      file = try PositionalFile(temporaryIn: FilePath(fileName: folder))
    } catch {
      throw Self.error(error, "cannot be made", name: name)
    }
  }

  /// Writes all of `bytes` at an offset.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(StreamError) {
    do throws(Errno) { try file.write(bytes, at: offset) } catch {
      throw Self.error(error, "cannot be written", name: name)
    }
  }

  /// Fills `buffer` from an offset that was written.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(StreamError) {
    let count: Int
    do throws(Errno) { count = try file.read(into: buffer, at: offset) } catch {
      throw Self.error(error, "cannot be read", name: name)
    }
    guard count == buffer.count else { throw Self.error(.ioError, "cannot be read", name: name) }
  }

  private static func error(_ error: Errno, _ what: String, name: String) -> StreamError {
    StreamError(
      error == .noSpace || error == .diskQuotaExceeded
        ? .noSpace : .system(errno: error.rawValue),
      path: name, message: "\(what): \(error)",
      remedy: "free some space, or set TMPDIR to a directory with room for the guest's memory")
  }
}
