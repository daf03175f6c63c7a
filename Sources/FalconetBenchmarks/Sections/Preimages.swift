import FalconetLibc
import FalconetMachine
import FalconetOracle
import FalconetStore
import Keccak

/// Pre-images: how fast a store reads, what a run waits for each source, and what recording costs.
extension Section {
  mutating func measurePreimages(_ options: Options) throws {
    let read = options.isQuick ? 50_000 : 200_000
    var trials = try Self.reads(read, in: "\(options.work)/reads")
    let loop = PreimageLoop(count: 60_000)
    trials += try Self.runs(loop, in: options.work)
    let recorded = PreimageLoop(count: 12_726)
    trials += Self.recordings(recorded, in: options.work)
    try run(trials, rounds: options.rounds)
    notes.append(
      "Reads are of pre-images of 500 bytes, each checked by its hash. Runs read"
        + " \(loop.preimages.count) pre-images of \(loop.bytes) bytes; recorded are"
        + " \(recorded.preimages.count) of \(recorded.bytes) bytes, up to the end of the flush.")
  }

  /// Reads of a store: in the order in which pre-images came, and in another.
  private static func reads(_ count: Int, in path: String) throws -> [Trial] {
    let store = try PreimageStore(StoreOptions(path: path))
    var keys = (0..<count).map { number in
      let value = (0..<500).map { UInt8(truncatingIfNeeded: number >> ($0 % 3 * 8) + $0) }
      let key = PreimageKey.keccak256(of: value)
      store.add(key, value)
      return key
    }
    store.flush()
    func trial(_ what: String, _ keys: [Bytes32]) -> Trial {
      Trial("\(count) reads, \(what)", "store") { row in
        let store = try PreimageStore(StoreOptions(path: path))
        let taken = measured {
          for key in keys where store.preimage(for: key)?.count != 500 {
            row.add("lost", .count, 1)
          }
        }
        row.add("wall", .nanoseconds, taken.wall)
        row.add("reads/s", .count, UInt64(keys.count).perSecond(taken.processor))
      }
    }
    let inOrder = trial("in order", keys)
    keys.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    return [inOrder, trial("in no order", keys)]
  }

  /// Runs whose pre-images come from memory, a directory and a store.
  private static func runs(_ loop: PreimageLoop, in work: String) throws -> [Trial] {
    let path = "\(work)/run-store"
    let store = try PreimageStore(StoreOptions(path: path))
    var recording = try RecordingOracle(memory(loop), path: "\(work)/run-files")
    for (key, value) in loop.preimages {
      store.add(key, value)
      _ = try recording.preimage(for: key)
    }
    store.flush()
    try recording.flush()
    return [
      Trial("run", "memory") { try execute(loop, memory(loop), &$0) },
      Trial("run", "directory") {
        try execute(loop, CheckedOracle(DirectoryOracle(path: "\(work)/run-files")), &$0)
      },
      Trial("run", "store") {
        try execute(loop, cached(try PreimageStore(StoreOptions(path: path)), NoPreimages()), &$0)
      },
    ]
  }

  /// Runs that record: into files, and into a store.
  private static func recordings(_ loop: PreimageLoop, in work: String) -> [Trial] {
    // A directory for each round: ext4 makes files slowly where many went a moment ago.
    var round = 0
    func path() -> String {
      round += 1
      return "\(work)/recorded-\(round)"
    }
    return [
      Trial("recording", "nothing") { try execute(loop, CheckedOracle(memory(loop)), &$0) },
      Trial("recording", "files") { row in
        try execute(loop, RecordingOracle(CheckedOracle(memory(loop)), path: path()), &row)
      },
      Trial("recording", "store") { row in
        let store = try PreimageStore(StoreOptions(path: path()))
        try execute(loop, cached(store, memory(loop)), &row)
      },
    ]
  }

  private static func memory(_ loop: PreimageLoop) -> DictionaryOracle {
    DictionaryOracle(Dictionary(uniqueKeysWithValues: loop.preimages.map { ($0.key, $0.value) }))
  }

  private static func cached(_ store: PreimageStore, _ source: any PreimageOracle) -> CachedOracle {
    CachedOracle(store, source: CheckedOracle(source))
  }

  private static func execute(
    _ loop: PreimageLoop, _ oracle: any PreimageOracle, _ row: inout Row
  ) throws {
    let machine = try loop.machine(oracle)
    let taken = try measured {
      _ = try machine.run(until: .max)
      try machine.oracle.flush()
    }
    guard machine.state.scalars.exited else {
      throw BenchmarkError("the guest of pre-images goes on")
    }
    row.add(taken)
    row.add("speed", .stepsPerSecond, machine.step.perSecond(taken.processor))
  }
}
