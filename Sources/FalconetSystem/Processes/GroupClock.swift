import FalconetLibc
import SystemPackage

/// What the processes of a group took since the clock was made: time of processors, and time in which none of them
/// did anything.
///
/// Time in which a process waits for a processor or a disk that others use is neither, so that a limit by this clock
/// means the same on a busy machine.
package struct GroupClock {
  private let group: pid_t
  private let first: Duration
  private var last: (time: ContinuousClock.Instant, used: Duration)
  /// Time of processors.
  package private(set) var used = Duration.zero
  /// Time in which none ran, or could have run.
  package private(set) var idle = Duration.zero

  /// The longest between two readings that counts as idle: whoever reads may wait for a processor too.
  private static let longest = Duration.milliseconds(250)

  /// A clock for the group that a process leads.
  package init(group: pid_t) {
    self.group = group
    first = Self.reading(group).used
    last = (ContinuousClock.now, first)
  }

  /// Reads the clock: several times a second, or else idle time is missed.
  package mutating func read() {
    let (now, reading) = (ContinuousClock.now, Self.reading(group))
    let passed = min(last.time.duration(to: now), Self.longest)
    let worked = max(.zero, reading.used - last.used)
    if !reading.isActive, passed > worked { idle += passed - worked }
    last = (now, max(last.used, reading.used))
    used = last.used - first
  }

  /// Whether the group had more than `limit` of processors' time, or did nothing for so long.
  package func isOver(_ limit: Duration) -> Bool { used >= limit || idle >= limit }

  /// All time of processors that the group's processes had, and whether one of them runs or could.
  private static func reading(_ group: pid_t) -> (used: Duration, isActive: Bool) {
    var (ticks, isActive) = (UInt64(0), false)
    guard let names = try? DirectoryListing.names(in: "/proc") else { return (.zero, true) }
    for name in names where name.utf8.first.map({ $0 >= 0x30 && $0 <= 0x39 }) == true {
      guard let fields = fields("/proc/\(name)/stat"), fields.count > 14,
        fields[2] == "\(group)"
      else { continue }
      // Of the process, and of its children that it has waited for.
      for field in fields[11...14] { ticks += UInt64(field) ?? 0 }
      if !isActive { isActive = hasActiveThread(name) }
    }
    let perSecond = max(1, UInt64(sysconf(Int32(_SC_CLK_TCK))))
    return (.milliseconds(Int64(ticks * 1000 / perSecond)), isActive)
  }

  private static func hasActiveThread(_ process: String) -> Bool {
    let folder = "/proc/\(process)/task"
    let threads = (try? DirectoryListing.names(in: FilePath(folder))) ?? []
    return threads.contains { thread in
      let state = fields("\(folder)/\(thread)/stat")?.first
      return state == "R" || state == "D"
    }
  }

  /// What stands in a status behind the process's name, from the third field on.
  private static func fields(_ path: String) -> [Substring]? {
    guard let status = ProcessMark.contents(path),
      let name = status.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    return String(decoding: status[(name + 1)...], as: UTF8.self).split(separator: " ")
  }
}
