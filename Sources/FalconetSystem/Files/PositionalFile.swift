import FalconetLibc
import SystemPackage

/// An open file that is read and written at any offset.
///
/// Safety: the descriptor is this object's own and is closed with it; each call stays within the
/// buffer that it is given.
package final class PositionalFile: Sendable {
  private let descriptor: Int32
  /// Bytes of the file when it was opened.
  package let size: UInt64
  /// If it is only read, its size: a read that comes so far with less than it asked for has met the end.
  private let end: UInt64

  /// Opens a regular file for reading. A pipe or a device is refused without waiting for it.
  ///
  /// - Returns: nil if it is not a regular file.
  package init?(path: FilePath) throws(Errno) {
    let opened = path.withPlatformString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard opened >= 0 else { throw Errno(rawValue: errno) }
    guard let status = FileStatus(opened), status.kind == .regular else {
      close(opened)
      return nil
    }
    descriptor = opened
    size = status.size
    end = status.size
  }

  /// Makes an empty file without a name, which is gone when the process is, however that ends.
  package init(temporaryIn directory: FilePath) throws(Errno) {
    descriptor = try NamelessFile.open(in: directory)
    size = 0
    end = .max
  }

  deinit { close(descriptor) }

  /// Fills `buffer` from an offset, as far as the file goes.
  ///
  /// - Returns: the number of bytes read.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
  ) throws(Errno) -> Int {
    guard let start = off_t(exactly: offset) else { return 0 }
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let (place, overflow) = start.addingReportingOverflow(off_t(done))
      guard !overflow else { break }
      let count = pread(descriptor, rest.baseAddress, rest.count, place)
      if count > 0 {
        done += count
        // Another read would only say so again.
        if count < rest.count, offset + UInt64(done) >= end { break }
      } else if count == 0 {
        break
      } else if errno != EINTR {
        throw Errno(rawValue: errno)
      }
    }
    return done
  }

  /// Writes all of `bytes` at an offset.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(Errno) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      guard let place = off_t(exactly: offset + UInt64(done)) else { throw .fileTooLarge }
      let count = pwrite(descriptor, rest.baseAddress, rest.count, place)
      if count >= 0 {
        done += count
      } else if errno != EINTR {
        throw Errno(rawValue: errno)
      }
    }
  }
}
