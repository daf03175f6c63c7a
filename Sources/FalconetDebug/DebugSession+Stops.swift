import FalconetMachine
import FalconetReplay

/// A watchpoint of a client.
struct Watchpoint: Equatable {
  /// The kinds by gdb's numbers.
  enum Kind: Int {
    case write = 2
    case read = 3
    case access = 4

    /// What a stop calls it.
    var name: String {
      switch self {
      case .write: "watch"
      case .read: "rwatch"
      case .access: "awatch"
      }
    }
  }

  let kind: Kind
  let range: WatchedRange

  /// Whether an access is one that it waits for.
  func covers(_ access: GuestAccess) -> Bool {
    guard range.overlaps(access.range) else { return false }
    return switch kind {
    case .write: access.isWrite
    case .read: !access.isWrite
    case .access: true
    }
  }
}

/// Breakpoints and watchpoints.
extension DebugSession {
  /// What the guest stops for.
  var conditions: StopConditions {
    var conditions = StopConditions()
    conditions.addresses = breakpoints
    conditions.writes = watchpoints.filter { $0.kind != .read }.map(\.range)
    conditions.reads = watchpoints.filter { $0.kind != .write }.map(\.range)
    return conditions
  }

  /// `TYPE,ADDRESS,KIND`, with conditions behind that are not supported and not announced.
  private enum Stop {
    case breakpoint(UInt64)
    case watchpoint(Watchpoint)
  }

  private func stop(_ text: Substring) -> Stop? {
    let parts = text.prefix { $0 != ";" }.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 3, let type = Int(parts[0]), let address = Hexadecimal.number(parts[1]),
      let count = Hexadecimal.number(parts[2])
    else { return nil }
    let place = address & wordSize.mask
    if type == 0 || type == 1 { return .breakpoint(place & ~3) }
    guard let kind = Watchpoint.Kind(rawValue: type), count > 0, count <= Self.watchLimit,
      place <= wordSize.mask - (count - 1)
    else { return nil }
    return .watchpoint(Watchpoint(kind: kind, range: WatchedRange(place, count: count)))
  }

  func insertStop(_ text: Substring) {
    guard let first = text.first, "01234".contains(first) else { return send("") }
    guard let stop = stop(text), breakpoints.count + watchpoints.count < Self.stopLimit else {
      return send("E01")
    }
    switch stop {
    case .breakpoint(let address): breakpoints.insert(address)
    case .watchpoint(let watchpoint):
      if !watchpoints.contains(watchpoint) { watchpoints.append(watchpoint) }
    }
    send("OK")
  }

  func removeStop(_ text: Substring) {
    guard let first = text.first, "01234".contains(first) else { return send("") }
    guard let stop = stop(text) else { return send("E01") }
    switch stop {
    case .breakpoint(let address): breakpoints.remove(address)
    case .watchpoint(let watchpoint): watchpoints.removeAll { $0 == watchpoint }
    }
    send("OK")
  }
}
