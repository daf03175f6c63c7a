import FalconetMachine
import FalconetStreams

/// How much memory guests may have if the user does not say: what the control groups allow, less a
/// reserve for everything that is no page of a guest's.
enum MemoryAllowance {
  /// The reserve: 128 MiB and an eighth of the limit, but never more than half of it.
  static func reserve(of limit: UInt64) -> UInt64 { min(128 << 20 + limit / 8, limit / 2) }

  /// Pages that a guest may have.
  ///
  /// - Parameter copies: how many times a page can lie in memory.
  static func pages(copies: UInt64, root: String = "/sys/fs/cgroup") -> Int {
    guard let limit = MemoryGroup.limit(root: root) else { return .max }
    return Int(clamping: (limit - reserve(of: limit)) / (max(copies, 1) * UInt64(Memory.pageSize)))
  }
}
