import FalconetLibc
import Synchronization

/// Why bytes of an unfinished hint can't be stored or read again.
package struct HintStorageError: Error, Sendable, CustomStringConvertible {
  /// The system's error number.
  package let errno: Int32

  package var description: String {
    "a hint cannot be stored in a temporary file: \(String(cString: strerror(errno)))"
  }

  /// What to do about it.
  package static let remedy = "make room in TMPDIR, or set another one"
}

/// Bytes in a temporary file without a name, which only grows. Holes are zeros and take no room.
///
/// Safety: the descriptor is opened once and closed in `deinit`; bytes below `end` are never
/// written again; each call reads or writes within the buffer that it is given.
final class HintSpool: Sendable {
  private let file: Int32
  /// Bytes in use. Values that share the file may use fewer.
  private let end = Mutex<Int>(0)

  init() throws(HintStorageError) {
    var folder = Array("/tmp".utf8CString.dropLast())
    if let value = getenv("TMPDIR"), value.pointee != 0 {
      // Sound: the variable is a zero-terminated string. It is bytes, and need not be text.
      folder = Array(UnsafeBufferPointer(start: value, count: strlen(value)))
    }
    let nameless = open(folder + [0], O_RDWR | Self.withoutName | O_EXCL | O_CLOEXEC, mode_t(0o600))
    if nameless >= 0 {
      file = nameless
      return
    }
    // The name of an unfinished file, which another process removes if this one is killed here.
    let random = String(UInt32.random(in: .min ... .max), radix: 16)
    let path = folder + Array("/.falconet-hint.tmp-\(getpid())-0-0-\(random)".utf8CString)
    let named = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o600))
    guard named >= 0 else { throw HintStorageError(errno: errno) }
    unlink(path)
    file = named
  }

  // O_TMPFILE, which the header hides: a flag of its own with O_DIRECTORY.
  private static let withoutName = 0o20_000_000 | O_DIRECTORY

  deinit { close(file) }

  /// Adds bytes behind the first `count`, or answers false if others follow those already.
  func append(
    _ bytes: UnsafeRawBufferPointer, behind count: Int
  ) throws(HintStorageError) -> Bool {
    let failure: Int32? = end.withLock { end -> Int32? in
      guard end == count else { return 0 }
      var done = 0
      while done < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
        let written = pwrite(file, rest.baseAddress, rest.count, off_t(count + done))
        if written >= 0 {
          done += written
        } else if errno != EINTR {
          let failure = errno
          // What is behind the end must be a hole.
          ftruncate(file, off_t(count))
          return failure
        }
      }
      end = count + bytes.count
      return nil
    }
    if let failure, failure != 0 { throw HintStorageError(errno: failure) }
    return failure == nil
  }

  /// As ``append(_:behind:)``, with zeros.
  func appendZeros(_ added: Int, behind count: Int) -> Bool {
    end.withLock { end in
      guard end == count else { return false }
      end = count + added
      return true
    }
  }

  /// Fills `buffer` from an offset on; what was never written is zero.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(HintStorageError) {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = pread(file, rest.baseAddress, rest.count, off_t(offset + done))
      if count > 0 {
        done += count
      } else if count == 0 {
        rest.initializeMemory(as: UInt8.self, repeating: 0)
        return
      } else if errno != EINTR {
        throw HintStorageError(errno: errno)
      }
    }
  }
}
