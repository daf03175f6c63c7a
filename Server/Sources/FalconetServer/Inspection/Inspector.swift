import Falconet

/// Shows people what a trace does. It executes on machines of its own, so that the trace's stays where the
/// challengers' questions left it.
struct Inspector {
  let trace: Trace
  let program: Program?
  let job: Job
  let paths: PathPolicy

  var cancellation: Cancellation { job.cancellation }

  func answer(_ question: Question, scratch: String) throws -> Reply {
    switch question {
    case .view(let step, let address): return .json(try view(step, address))
    case .stacks(let stretch, let samples): return .json(try stacks(stretch, samples))
    case .events(let stretch, let limit, let kind):
      return .json(try events(stretch, limit, only: kind))
    case .search(let search): return .json(try find(search))
    case .profile(let stretch, let kind):
      let machine = try machine(after: stretch.from)
      let profile = try machine.profile(
        until: stretch.end, program: program, cancellation: cancellation)
      try check()
      let path = "\(scratch)-\(kind.fileName)"
      try profile.save(to: path)
      // A flame graph may have a script of its own, which gets nothing of the page's.
      return .file(
        path: path,
        [("content-type", kind.contentType), ("content-security-policy", "sandbox allow-scripts")])
    case .claims, .proofs, .last, .state, .snapshots:
      throw ServiceError.badRequest("this is no question of the inspector")
    }
  }

  func machine(after step: UInt64) throws -> Machine {
    let machine = try trace.machine(after: step, cancellation: cancellation)
    try check()
    return machine
  }

  func check() throws {
    if let reason = job.cancelled { throw reason }
  }

  func run(_ machine: Machine, until step: UInt64) throws {
    try machine.run(until: step, cancellation: cancellation)
    try check()
  }

  // MARK: Stacks

  /// The calls that the active thread is in, at steps that are spread over a stretch.
  private func stacks(_ stretch: Stretch, _ samples: Int) throws -> JSON {
    let machine = try machine(after: stretch.from)
    let count = Int(clamping: min(UInt64(samples), stretch.steps))
    var table = FrameTable()
    var rows: [JSON] = []
    for position in 0..<count {
      let step = stretch.step(position, of: count)
      if machine.step < step { try run(machine, until: step) }
      guard machine.step == step, machine.exitCode == nil, let thread = machine.threads.first else {
        break
      }
      let frames = machine.callStack(program: program, limit: 64)
      rows.append(
        .object([
          "step": .count(step), "thread": .count(thread.id),
          "stack": .array(frames.reversed().map { .count(UInt64(table.index(of: $0))) }),
        ]))
    }
    return .object([
      "from": .count(stretch.from), "steps": .count(stretch.steps), "frames": .array(table.rows),
      "samples": .array(rows), "lastIndex": trace.knownEnd.map { .count($0.index) },
    ])
  }

  /// The functions of some stacks, each once.
  private struct FrameTable {
    private struct Key: Hashable {
      let function: String
      let entry: UInt64
    }

    private var indices: [Key: Int] = [:]
    private(set) var rows: [JSON] = []

    mutating func index(of frame: GuestFrame) -> Int {
      let key = Key(function: frame.function, entry: frame.entry)
      if let index = indices[key] { return index }
      indices[key] = rows.count
      rows.append(
        .object([
          "name": .string(String(frame.function.prefix(300))),
          "entry": .string(address(frame.entry)),
          "file": frame.file.map { .string(String($0.prefix(300))) },
        ]))
      return rows.count - 1
    }
  }
}

/// An address as texts show it.
func address(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
