/// What numbers are of. The raw value names it in JSON.
enum Unit: String {
  case nanoseconds
  case bytes
  case stepsPerSecond = "steps/s"
  case count
  case thousandths
}

/// One figure: all that was measured, of which the median counts.
struct Figure {
  /// What it is, such as `wall`.
  var name: String
  var unit: Unit
  var samples: [UInt64]

  /// The middle one; 0 of none.
  var median: UInt64 { samples.isEmpty ? 0 : samples.sorted()[samples.count / 2] }
}

/// Figures of one thing done by one program.
struct Row {
  /// What is done: a guest, a file.
  var what: String
  /// What does it: an engine, a program.
  var who: String
  var figures: [Figure] = []

  /// Adds a sample to the figure of a name.
  mutating func add(_ name: String, _ unit: Unit, _ sample: UInt64) {
    if let index = figures.firstIndex(where: { $0.name == name }) {
      figures[index].samples.append(sample)
    } else {
      figures.append(Figure(name: name, unit: unit, samples: [sample]))
    }
  }

  mutating func add(_ usage: Usage, steps: UInt64? = nil) {
    add("wall", .nanoseconds, usage.wall)
    add("processor", .nanoseconds, usage.processor)
    if let steps { add("speed", .stepsPerSecond, steps.perSecond(usage.processor)) }
    add("memory", .bytes, usage.peakMemory)
  }
}

extension UInt64 {
  /// As many a second, if these took that many nanoseconds.
  func perSecond(_ nanoseconds: UInt64) -> UInt64 {
    UInt64(Double(self) / Double(Swift.max(nanoseconds, 1)) * 1e9)
  }
}

/// Rows that belong together, with what is to be known about them.
struct Section {
  var name: String
  var rows: [Row] = []
  var notes: [String] = []
}

/// Something that is measured once a round.
struct Trial {
  var row: Row
  let measure: (inout Row) throws -> Void

  init(_ what: String, _ who: String, _ measure: @escaping (inout Row) throws -> Void) {
    row = Row(what: what, who: who)
    self.measure = measure
  }
}

extension Section {
  /// Measures each of the trials once a round, so that what else the host does meets all alike.
  mutating func run(_ trials: [Trial], rounds: Int) throws {
    var trials = trials
    for _ in 0..<rounds {
      for index in trials.indices { try trials[index].measure(&trials[index].row) }
    }
    rows += trials.map(\.row)
  }

  /// Adds a row with the ratio of a figure of one row to that of another, round by round.
  mutating func addRatio(
    _ what: String, _ who: String, of first: (what: String, who: String),
    to second: (what: String, who: String), _ figure: String
  ) {
    func samples(_ of: (what: String, who: String)) -> [UInt64] {
      let row = rows.first { $0.what == of.what && $0.who == of.who }
      return row?.figures.first { $0.name == figure }?.samples ?? []
    }
    var row = Row(what: what, who: who)
    for (one, other) in zip(samples(first), samples(second)) where other > 0 {
      row.add("ratio", .thousandths, UInt64(Double(one) / Double(other) * 1000))
    }
    rows.append(row)
  }
}
