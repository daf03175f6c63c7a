import FalconetStreams
import Glibc
import SystemPackage

/// A file without a name, for what is too large for memory. It is gone when the process is, however
/// that ends. Where every file must have a name, it has an ``UnfinishedName`` for a moment.
///
/// Soundness: the descriptor is opened once and closed in `deinit`; each call reads or writes
/// within the buffer that it is given.
final class TemporaryFile {
  /// What error messages call the file.
  let name: String
  private let descriptor: Int32

  /// Makes a file in a folder, and takes its name away at once.
  ///
  /// - Parameter folder: where; nil is `TMPDIR`, or `/tmp` where that is not set.
  init(in folder: String? = nil) throws(StreamError) {
    let folder = folder ?? TemporaryDirectory.path
    name = "temporary file in \(folder)"
    do throws(Errno) { descriptor = try NamelessFile.open(in: FilePath(fileName: folder)) } catch {
      throw Self.error(error.rawValue, "can't be made", name: name)
    }
  }

  deinit { close(descriptor) }

  /// Writes all of `bytes` at an offset.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(StreamError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
      if count >= 0 {
        done += count
      } else if errno != EINTR {
        throw Self.error(errno, "can't be written", name: name)
      }
    }
  }

  /// Fills `buffer` from an offset that was written.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(StreamError) {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        throw Self.error(count == 0 ? EIO : errno, "can't be read", name: name)
      }
    }
  }

  private static func error(_ number: Int32, _ what: String, name: String) -> StreamError {
    let reason = strerror(number).map { String(cString: $0) } ?? "error \(number)"
    return StreamError(
      number == ENOSPC || number == EDQUOT ? .noSpace : .system(errno: number), path: name,
      message: "\(what): \(reason)",
      remedy: "free some space, or set TMPDIR to a folder with room for the guest's memory")
  }
}
