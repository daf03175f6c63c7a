import ArgumentParser
import FalconetMachine
import FalconetStreams

/// How long a command may take, and how much memory.
struct ResourceLimits: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      How long the command may take, such as 90s, 15m or 4h; after that it ends with exit code \
      3. 0 is no limit (default).
      """, valueName: "time"))
  var timeout: TimeSpan?

  @Option(
    help: ArgumentHelp(
      """
      Memory for the guest's pages, such as 512MiB or 4GiB. If the guest needs more, the command \
      ends with an error. 0 is no limit (default: what the control groups allow, less a \
      reserve).
      """, valueName: "size"))
  var maxMemory: ByteCount?

  @Option(
    help: ArgumentHelp(
      """
      The most bytes of hints that a host gets at once, such as 64MiB, including unfinished ones. If \
      the guest writes more, the command ends with an error.
      """, valueName: "size"))
  var hintLimit = ByteCount(Machine.usualHintLimit)

  @Option(help: .hidden)
  var cgroupRoot = "/sys/fs/cgroup"

  func validate() throws {
    // Less than a page is a mistake.
    if let maxMemory, maxMemory.bytes > 0, maxMemory.pages == 0 {
      throw ValidationError(
        "--max-memory \(maxMemory.bytes) is less than a page: name a unit, as in 4GiB")
    }
  }

  func startClock() {
    if let timeout { Deadline.set(seconds: timeout.seconds) }
  }

  /// The most pages that a guest may have.
  ///
  /// - Parameter copies: how many times a page can lie in memory, for the default.
  func pageLimit(copies: UInt64) -> Int {
    if let maxMemory {
      maxMemory.bytes == 0 ? .max : maxMemory.pages
    } else {
      MemoryAllowance.pages(copies: copies, root: cgroupRoot)
    }
  }
}
