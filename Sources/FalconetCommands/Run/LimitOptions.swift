import ArgumentParser
import Falconet

/// How long a command may take, and how much memory.
struct ResourceLimits: ParsableArguments {
  @Option(
    help: """
      How long the command may take, such as 90s, 15m or 4h; then it ends with exit code 3. 0: for \
      ever (default).
      """)
  var timeout: TimeSpan?

  @Option(
    help: """
      Memory for the guest's pages, such as 512MiB or 4GiB; a guest that needs more ends with an \
      error. 0: no limit (default: what the control groups allow, less a reserve).
      """)
  var maxMemory: MemorySize?

  @Option(help: .hidden)
  var cgroupRoot = "/sys/fs/cgroup"

  /// Starts the clock, and sets the limit for all guests.
  ///
  /// - Parameter copies: how many times a page can lie in memory, for the default.
  func start(copies: UInt64 = 1) {
    if let timeout { Deadline.set(seconds: timeout.seconds) }
    Memory.defaultPageLimit =
      if let maxMemory { maxMemory.pages ?? .max } else {
        MemoryAllowance.pages(copies: copies, root: cgroupRoot) ?? .max
      }
  }
}

/// An amount of memory: a number of bytes, or of `KiB`, `MiB`, `GiB` or `TiB`.
struct MemorySize: ExpressibleByArgument {
  /// Nil for no limit.
  let pages: Int?

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let units: [Substring: UInt64] = [
      "": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "K": 1 << 10,
      "M": 1 << 20, "G": 1 << 30, "T": 1 << 40,
    ]
    guard let count = UInt64(digits), let unit = units[argument.dropFirst(digits.count)],
      case (let bytes, false) = count.multipliedReportingOverflow(by: unit)
    else { return nil }
    // Less than a page is a mistake.
    guard bytes == 0 || bytes >= UInt64(Memory.pageSize) else { return nil }
    pages = bytes == 0 ? nil : Int(clamping: bytes / UInt64(Memory.pageSize))
  }
}
