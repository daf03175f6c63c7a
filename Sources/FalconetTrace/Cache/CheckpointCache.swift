import FalconetMachine

/// States of one machine that are cached in memory, by their steps.
struct CheckpointCache {
  /// A state, and the last hint before it.
  struct Entry {
    let checkpoint: Checkpoint
    let hint: [UInt8]?

    var step: UInt64 { checkpoint.step }

    /// Bytes that the state takes beside the machine: pages of its own, and 16 for each page's
    /// place.
    var size: UInt64 {
      let memory = checkpoint.memory
      return UInt64(memory.ownPageCount * Memory.pageSize + memory.pageCount * 16)
    }
  }

  /// Ascending.
  private(set) var entries: [Entry] = []
  private let machine: Machine
  private let countLimit: Int
  private let sizeLimit: UInt64

  init(_ machine: Machine, _ options: TraceOptions) {
    self.machine = machine
    countLimit = options.checkpointCount
    sizeLimit = options.memoryBudget
  }

  /// The last state at or before a step.
  func nearest(to step: UInt64) -> Entry? { entries.last { $0.step <= step } }

  /// Adds the machine's state, and discards others if there are too many.
  mutating func add(_ hint: [UInt8]?, _ policy: RetentionPolicy) {
    let step = machine.step
    let place = entries.firstIndex { $0.step >= step } ?? entries.count
    if place == entries.count || entries[place].step != step {
      entries.insert(Entry(checkpoint: machine.checkpoint(), hint: hint), at: place)
    }
    trim(policy)
  }

  /// Discards states until they are within the budget, down to none.
  mutating func trim(_ policy: RetentionPolicy) {
    while entries.count > countLimit || !entries.isEmpty && size > sizeLimit {
      let dropped = entries.remove(at: policy.leastValuable(entries.map(\.step)) ?? 0)
      machine.memory.release(dropped.checkpoint.memory)
    }
  }

  /// Bytes that the states take.
  private var size: UInt64 { entries.reduce(0) { $0 + $1.size } }
}
