import FalconetSystem

/// Sees whether a check of a worker takes too long.
struct CheckWatch {
  /// How much of processors' time a check may take, and how long the VM may do nothing in it.
  enum Limit {
    case fixed(Duration)
    /// 1 s, and a quarter of what all checks before it took, with those of earlier processes, so that a slow VM
    /// has more.
    case growing(earlier: Duration)
  }

  private let limit: Limit
  private var clock: GroupClock
  /// The clock's values at the first look at the check. They are read if no message comes for a while, so that
  /// checks which end soon cost nothing.
  private var start: (used: Duration, idle: Duration)?

  /// How often the watch is to be asked while no message comes.
  static let interval = Duration.milliseconds(100)

  /// - Parameter group: the process that leads the worker's group.
  init(group: Int32, limit: Limit) {
    clock = GroupClock(group: group)
    self.limit = limit
  }

  /// The processor time of the worker when it was looked at last.
  var used: Duration { clock.used }

  /// Looks at the worker, which must not be reaped.
  mutating func read() { clock.read() }

  /// A check begins, or gives the VM something else.
  mutating func begin() { start = nil }

  /// What took too long, for people; nil if nothing did.
  mutating func complaint() -> String? {
    clock.read()
    guard let start else {
      self.start = (clock.used, clock.idle)
      return nil
    }
    let most =
      switch limit {
      case .fixed(let duration): duration
      case .growing(let earlier): Duration.seconds(1) + (earlier + start.used) / 4
      }
    let text = most.formatted
    if clock.used - start.used >= most { return "did not end within \(text) of processor time" }
    return clock.idle - start.idle >= most ? "did nothing for \(text)" : nil
  }
}

extension Duration {
  /// Seconds with one digit after the point.
  fileprivate var formatted: String {
    let tenths = components.seconds * 10 + components.attoseconds / 100_000_000_000_000_000
    return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
  }
}
