import FalconetMachine

extension SystemCallRecord {
  /// How an argument is written.
  private enum Form: Character {
    case decimal = "d"
    case hexadecimal = "x"
    /// The bytes that a `write` writes, which are at the argument's address.
    case text = "t"
  }

  /// The arguments of calls that programs make; those of others are all registers, in hexadecimal.
  private static let forms: [String: String] = [
    "mmap": "xdxxdx", "brk": "x", "munmap": "xd", "madvise": "xdd", "mincore": "xdx",
    "mprotect": "xdx", "clone": "xxxxx", "exit_group": "d", "exit": "d", "sched_yield": "",
    "nanosleep": "xx", "futex": "xxdxxd", "gettid": "", "getpid": "", "getuid": "", "getgid": "",
    "sched_getaffinity": "ddx", "prlimit64": "ddxx", "getrlimit": "dx", "uname": "x",
    "rt_sigaction": "dxxd", "rt_sigprocmask": "dxxd", "sigaltstack": "xx", "tgkill": "ddd",
    "read": "dxd", "write": "dtd", "fcntl": "ddx", "open": "xxx", "openat": "dxxx", "close": "d",
    "pread64": "dxdd", "lseek": "ddd", "fstat": "dx", "ioctl": "dxx", "eventfd2": "dx",
    "epoll_create1": "x", "epoll_ctl": "dddx", "epoll_pwait": "dxddxd", "pipe2": "xx",
    "clock_gettime": "dx", "setitimer": "dxx", "getrandom": "xdx", "readlinkat": "dxxd",
  ]

  /// The errors that calls answer.
  private static let errors: [UInt64: String] = [
    9: "EBADF", 11: "EAGAIN", 22: "EINVAL", 145: "ETIMEDOUT",
  ]

  /// The call and its answer, as `strace` writes them.
  package var description: String { "\(call) = \(answerText)" }

  /// The call alone.
  package var call: String {
    let forms =
      name.flatMap { Self.forms[$0] }
      ?? String(repeating: "x", count: arguments.count)
    let values = zip(forms, arguments).map { form, value in
      switch Form(rawValue: form) {
      case .decimal: decimal(value)
      case .text: shown(at: value)
      case .hexadecimal, nil: value == 0 ? "0" : hex(value)
      }
    }
    return "\(name ?? "syscall_\(number)")(\(values.joined(separator: ", ")))"
  }

  private var answerText: String {
    switch answer {
    case nil: "?"
    case .error(let error): "-1 " + (Self.errors[error] ?? "error \(error)")
    case .value(let value):
      // Addresses are easier to read in hexadecimal.
      ["mmap", "brk"].contains(name) ? hex(value) : decimal(value)
    }
  }

  private func decimal(_ value: UInt64) -> String {
    // Words of a 32-bit machine are not sign-extended here.
    let isNarrow = arguments.count == 4
    let signed =
      isNarrow ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    return "\(signed)"
  }

  private func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

  private func shown(at address: UInt64) -> String {
    guard let text else { return hex(address) }
    // Keys of pre-images and hints are bytes.
    let isCut = arguments[2] > UInt64(text.count)
    return QuotedBytes.text(text) + (isCut ? "..." : "")
  }
}

/// Bytes as C writes strings.
package enum QuotedBytes {
  package static func text(_ bytes: some Sequence<UInt8>) -> String {
    var result = "\""
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\n"): result += "\\n"
      case UInt8(ascii: "\t"): result += "\\t"
      case UInt8(ascii: "\r"): result += "\\r"
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        result += "\\" + String(UnicodeScalar(byte))
      case 0x20..<0x7F: result += String(UnicodeScalar(byte))
      default:
        let digits = String(byte, radix: 16)
        result += "\\x" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return result + "\""
  }
}
