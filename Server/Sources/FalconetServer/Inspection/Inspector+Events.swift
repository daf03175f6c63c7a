import Falconet

extension Inspector {
  /// What a stretch asks of its system and its host, and where another thread goes on: the first events one by
  /// one, and how many there are in each part of the stretch.
  func events(_ stretch: Stretch, _ limit: Int, only kind: EventCounts.Kind?) throws -> JSON {
    var list: [(step: UInt64, json: JSON)] = []
    var counts = EventCounts(stretch)
    var filter = StepFilter()
    filter.includesSystemCalls = true
    filter.includesHostRequests = true
    let machine = try machine(after: stretch.from)
    try machine.observe(filter, until: stretch.end, cancellation: cancellation) { step in
      for (own, json) in Self.rows(step) where kind == nil || kind == own {
        counts.add(own, step.step)
        if list.count < limit { list.append((step.step, json)) }
      }
      return true
    }
    try check()
    if kind == nil || kind == .thread { try addSwitches(stretch, limit, &counts, &list) }
    list.sort { $0.step < $1.step }
    let total = counts.total
    return .object([
      "from": .count(stretch.from), "steps": .count(stretch.steps),
      "complete": .bool(total <= UInt64(limit)), "count": .count(total),
      "events": .array(list.prefix(limit).map(\.json)), "counts": counts.json,
    ])
  }

  private func addSwitches(
    _ stretch: Stretch, _ limit: Int, _ counts: inout EventCounts,
    _ list: inout [(step: UInt64, json: JSON)]
  ) throws {
    let machine = try machine(after: stretch.from)
    var switches = 0
    try machine.observeThreadSwitches(until: stretch.end, cancellation: cancellation) {
      step, thread in
      counts.add(.thread, step)
      switches += 1
      if switches <= limit {
        list.append(
          (
            step,
            .object([
              "step": .count(step), "kind": .string("thread"), "thread": .count(thread),
            ])
          ))
      }
      return true
    }
    try check()
  }

  private static func rows(_ step: ObservedStep) -> [(EventCounts.Kind, JSON)] {
    var rows: [(EventCounts.Kind, JSON)] = []
    func add(_ kind: EventCounts.Kind, _ members: KeyValuePairs<String, JSON?>) {
      var all: [JSON.Member] = [
        .init(name: "step", value: .count(step.step)),
        .init(name: "kind", value: .string(kind.rawValue)),
        .init(name: "thread", value: .count(step.thread.id)),
      ]
      all += members.compactMap { name, value in value.map { .init(name: name, value: $0) } }
      rows.append((kind, .object(all)))
    }
    let readsPreimage = step.events.contains { if case .preimage = $0 { true } else { false } }
    for event in step.events {
      switch event {
      case .systemCall(let number, let name, let arguments, let result, let error):
        // The read that begins a pre-image is shown as that.
        if readsPreimage { continue }
        add(
          .systemCall,
          [
            "number": .count(number), "name": name.map { .string($0) },
            "arguments": .array(arguments.prefix(4).map { .string(address($0)) }),
            "result": result.map { .string(address($0)) }, "error": error.map { .count($0) },
          ])
      case .preimage(let key, let size):
        add(.preimage, ["key": .string(key.description), "bytes": .count(UInt64(size))])
      case .hint(let bytes, let size):
        let text = bytes.prefix(120).map { (0x20...0x7E).contains($0) ? $0 : 0x3F }
        add(
          .hint,
          ["text": .string(String(decoding: text, as: UTF8.self)), "bytes": .count(UInt64(size))])
      default: continue
      }
    }
    return rows
  }
}

/// How many events of each kind there are in each part of a stretch.
struct EventCounts {
  enum Kind: String, CaseIterable { case systemCall, preimage, hint, thread }

  static let parts = 256
  private let stretch: Stretch
  private var counts: [Kind: [UInt64]] = [:]

  init(_ stretch: Stretch) { self.stretch = stretch }

  var total: UInt64 { counts.values.reduce(0) { $0 + $1.reduce(0, +) } }

  mutating func add(_ kind: Kind, _ step: UInt64) {
    let width = max(stretch.steps / UInt64(Self.parts), 1)
    let part = Int(clamping: min((step - min(stretch.from, step)) / width, UInt64(Self.parts - 1)))
    counts[kind, default: Array(repeating: 0, count: Self.parts)][part] += 1
  }

  var json: JSON {
    .object(
      Kind.allCases.compactMap { kind in
        counts[kind].map { .init(name: kind.rawValue, value: .array($0.map { .count($0) })) }
      })
  }
}
