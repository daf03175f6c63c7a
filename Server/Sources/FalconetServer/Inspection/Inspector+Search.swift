import Falconet

extension Inspector {
  /// The first step after the one of a search, or the last one before it, at which its target happens.
  func find(_ search: Search) throws -> JSON {
    if case .claim(let text) = search.target {
      guard let claim = Claim(text) else {
        throw ServiceError.badRequest("the claim is not 64 hexadecimal digits")
      }
      // The state with the claim is the one after the step of the index.
      let steps = trace.knownIndices(of: claim).map { $0 &+ 1 }
      return Self.reply(steps.first ?? (claim == trace.prestateClaim ? 0 : nil))
    }
    guard search.isBackward else {
      return Self.reply(try first(search, in: search.from..<UInt64.max, last: false))
    }
    // Nearby first: each stretch is eight times as long as the one after it.
    var (high, width) = (search.from, UInt64(1 << 20))
    while high > 0 {
      let low = high > width ? high - width : 0
      if let step = try first(search, in: low..<high, last: true) { return Self.reply(step) }
      high = low
      width = width.multipliedReportingOverflow(by: 8).overflow ? .max : width * 8
    }
    return Self.reply(nil)
  }

  private static func reply(_ step: UInt64?) -> JSON {
    .object(["found": .bool(step != nil), "step": step.map { .count($0) }])
  }

  /// - Parameter last: whether the last step of the range is looked for.
  private func first(
    _ search: Search, in range: Range<UInt64>, last: Bool
  ) throws -> UInt64? {
    guard search.target != .event else { return try firstEvent(search, in: range, last: last) }
    let machine = try machine(after: range.lowerBound)
    var found: UInt64?
    func take(_ step: UInt64) -> Bool {
      if last ? step < search.from : step > search.from { found = step }
      return last || found == nil
    }
    var filter = StepFilter()
    switch search.target {
    case .address(let pc): filter.addresses = [pc]
    case .function(let name):
      guard let start = program?.addresses(of: name)?.lowerBound else {
        throw program == nil
          ? ServiceError.conflict(
            "no-program", "the game names no program",
            remedy: "search by address, or open it with 'program'")
          : .notFound("the program has no symbol '\(name.prefix(100))'")
      }
      filter.addresses = [start]
    case .systemCall: filter.includesSystemCalls = true
    case .preimage: filter.includesHostRequests = true
    case .threadSwitch:
      try machine.observeThreadSwitches(until: range.upperBound, cancellation: cancellation) {
        step, _ in take(step)
      }
      try check()
      return found
    case .claim, .event: return nil
    }
    try machine.observe(filter, until: range.upperBound, cancellation: cancellation) { step in
      take(step.step)
    }
    try check()
    return found
  }

  /// The first, or the last, system call or thread switch: the switches are looked for only where they would come before
  /// the call that was found, or after it.
  private func firstEvent(
    _ search: Search, in range: Range<UInt64>, last: Bool
  ) throws -> UInt64? {
    var search = search
    search.target = .systemCall
    let call = try first(search, in: range, last: last)
    let low = last ? call.map { $0 + 1 } ?? range.lowerBound : range.lowerBound
    let high = last ? range.upperBound : call ?? range.upperBound
    search.target = .threadSwitch
    guard low < high, let change = try first(search, in: low..<high, last: last) else {
      return call
    }
    return change
  }
}
