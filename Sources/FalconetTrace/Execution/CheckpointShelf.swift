import FalconetMachine

/// States of one machine that are kept in memory, by their steps.
struct CheckpointShelf {
  private(set) var checkpoints: [Checkpoint] = []
  private let machine: Machine
  private let countLimit: Int
  private let pageLimit: Int

  init(_ machine: Machine, _ options: TraceOptions) {
    self.machine = machine
    countLimit = options.checkpointCount
    pageLimit = Int(clamping: options.memoryBudget / UInt64(Memory.pageSize))
  }

  /// The last state at or before a step.
  func nearest(to step: UInt64) -> Checkpoint? { checkpoints.last { $0.step <= step } }

  /// Keeps the machine's state, and gives up others where there are too many.
  mutating func keep(_ policy: RetentionPolicy) {
    let step = machine.step
    let place = checkpoints.firstIndex { $0.step >= step } ?? checkpoints.count
    if place < checkpoints.count, checkpoints[place].step == step { return }
    checkpoints.insert(machine.checkpoint(), at: place)
    while checkpoints.count > countLimit || checkpoints.count > 2 && pages > pageLimit {
      guard let position = policy.leastValuable(checkpoints.map(\.step)) else { return }
      let dropped = checkpoints.remove(at: position)
      machine.memory.release(dropped.memory)
    }
  }

  /// Pages that are kept for the states beside the machine's own.
  private var pages: Int { checkpoints.reduce(0) { $0 + $1.memory.ownPageCount } }
}
