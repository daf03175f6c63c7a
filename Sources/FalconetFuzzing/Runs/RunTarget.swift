import FalconetCommands
import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import Keccak

/// The command `run`: the first four bytes choose flags, the rest is the state, from which at most 63
/// steps are executed. Whatever the state, the command ends by itself with exit code 0, 1 or 2, writes
/// the state that the plain step reaches, and proofs that hold.
struct RunTarget: HostileInputCheck {
  private let folder: FuzzFolder

  init() throws { folder = try FuzzFolder() }

  func run(_ input: [UInt8]) throws {
    guard input.count > RunFlags.size else { return }
    let flags = RunFlags(Array(input.prefix(RunFlags.size)))
    var rest = input.dropFirst(RunFlags.size)
    let record = Array(rest.prefix(flags.recordSize))
    rest = rest.dropFirst(flags.recordSize)
    var state = Array(rest)
    if flags.sealsState { FsnapSeal.seal(&state) }
    // A command that fails to load the state is what the readers' own targets are for.
    guard let image = try? Snapshot.load(from: MemorySource(state)) else { return }
    folder.clear()
    try folder.write(state, to: "state")
    if flags.keepsStates { try folder.write(record, to: ".falconet-states.json") }
    let start = image.state.scalars.step
    let end = CommandLineTool.attempt(flags.arguments(from: start, folder))
    try check(end)
    try checkProof(at: start &+ 1)
    guard end.code == 0, flags.writesState else { return }
    try checkState(flags, image)
  }

  private func check(_ end: CommandLineTool.End) throws {
    guard [0, 1, 2].contains(end.code), (end.code == 0) == end.text.isEmpty else {
      try found("exit code \(end.code): \(end.text)")
    }
    // What the command says when engines or machines disagree.
    for text in ["engine", "second execution"] where end.text.contains(text) {
      try found("the command fails: \(end.text)")
    }
  }

  private func checkProof(at step: UInt64) throws {
    guard let bytes = folder.read("proof-\(step).json") else { return }
    guard let proof = try ProofReader(MemorySource(bytes)).next(), proof.step == step else {
      try found("the proof of another step is written")
    }
    let verdict = ProofVerifier.verify(proof)
    guard verdict.holds else { try found("a proof does not hold: \(verdict.findings)") }
  }

  /// Compares the state that was written with the plain step's.
  private func checkState(_ flags: RunFlags, _ image: MemoryImage) throws {
    let end = try Snapshot.load(path: folder.file(flags.output))
    let machine = Machine(
      state: image.state, memory: image.memory,
      oracle: LocalInputs(RunFlags.inputs, source: NoPreimages()), engine: .step,
      revision: try Revision.chosen(named: nil, for: image.state))
    _ = try machine.run(steps: end.state.scalars.step &- image.state.scalars.step)
    guard machine.claim() == end.state.claim(witness: witness(of: end)) else {
      try found("the state differs from the plain step's")
    }
  }

  private func witness(of image: MemoryImage) -> [UInt8] {
    image.state.witness(memoryRoot: image.memory.root())
  }

  func seeds() throws -> [FuzzSeed] {
    var seeds: [FuzzSeed] = []
    let record = Array(#"{"inputs":[],"states":[],"questions":[7],"reached":7}"#.utf8)
    for version in StateVersion.allCases {
      let guest = try SampleGuest(version)
      for (number, flags) in RunFlags.samples(recordSize: record.count).enumerated() {
        // Near the key's writes, the input's reads, and the end.
        let step = [0, 40, guest.last - 6][number % 3]
        let state = try SampleStates.bytes(
          of: MemoryImage(try guest.machine(after: step)), as: .bin)
        let front = flags[1] & 32 == 0 ? [] : record
        seeds.append(FuzzSeed("\(version)-\(number)", flags + front + state))
      }
    }
    let delta = try SampleStates.bytes(
      of: MemoryImage(try SampleGuest(.v8).machine(after: 20)), as: .fsnap)
    seeds.append(FuzzSeed("fsnap", [64 | 30, 0x9B, 0x08, 0] + delta))
    seeds.append(FuzzSeed("fsnap-trusted", [192 | 30, 0x01, 0x08, 0] + delta))
    // The counter of steps is about to wrap.
    for version in [StateVersion.v1, .v8] {
      let machine = try SampleGuest(version).machine(after: 3)
      var state = machine.state
      state.scalars.step = .max - 2
      let snapshot = try SampleStates.bytes(
        of: MemoryImage(state: state, memory: machine.memory), as: .bin)
      for (number, flags) in RunFlags.samples(recordSize: record.count).enumerated() {
        let front = flags[1] & 32 == 0 ? [] : record
        seeds.append(FuzzSeed("\(version)-wrap-\(number)", flags + front + snapshot))
      }
    }
    return seeds
  }
}
