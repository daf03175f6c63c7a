import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetTrace
import Keccak

/// A directory that op-challenger keeps of a game, which a trace adopts: one of its files has the
/// content of the input.
///
/// The first byte says whether the trace knew its claims before, and whether the content is
/// compressed; the second chooses the file.
struct AdoptionTarget: HostileInputCheck {
  private let bench: TraceBench
  private let game: [String: [UInt8]]
  private let names: [String]

  init() throws {
    bench = try TraceBench()
    let guest = bench.guest
    var game: [String: [UInt8]] = [
      "state.json.gz": try Packing.gzip(Array("{\"step\":\(guest.last)}".utf8)),
      "final.bin.gz": try Self.state(guest, guest.last + 1),
    ]
    for index in [0, 1, guest.last] {
      let sink = MemorySink()
      try StepProof(guest.witness(index)).write(to: sink)
      game["proofs/\(index).json.gz"] = try Packing.gzip(sink.bytes)
    }
    for step in [5, guest.last] as [UInt64] {
      game["snapshots/\(step).bin.gz"] = try Self.state(guest, step)
    }
    self.game = game
    names = game.keys.sorted()
  }

  private static func state(_ guest: SampleGuest, _ step: UInt64) throws -> [UInt8] {
    try Packing.gzip(
      try SampleStates.bytes(of: MemoryImage(guest.machine(after: step)), as: .bin))
  }

  func run(_ input: [UInt8]) throws {
    guard input.count >= 2 else { return }
    let name = names[Int(input[1]) % names.count]
    let content = Array(input.dropFirst(2))
    let isFilled = input[0] & 1 != 0
    try bench.layOut(isFilled: isFilled)
    for folder in ["game", "game/proofs", "game/snapshots"] { bench.folder.makeFolder(folder) }
    for (other, bytes) in game where other != name || input[0] & 4 != 0 {
      try bench.folder.write(bytes, to: "game/" + other)
    }
    try bench.folder.write(
      input[0] & 2 != 0 ? Packing.gzip(content) : content, to: "game/" + name)
    let first = try adopt(isFilled)
    // What was adopted stays what it is.
    let again = try bench.answers(of: try bench.open())
    guard !zip(first, again).contains(where: { $0 != nil && $0 != $1 }) else {
      try found("a trace answers otherwise when it is opened again")
    }
  }

  /// Adopts the game. Returns what the trace answers.
  private func adopt(_ isFilled: Bool) throws -> [Bytes32?] {
    let trace = try bench.open()
    do {
      let adoption = try trace.adopt(from: bench.folder.file("game"))
      for refused in adoption.refused where refused.reason.isEmpty {
        try found("a file is refused without a reason")
      }
    } catch let error as TraceError { try TraceBench.check(error) }
    let early = try bench.answers(of: trace)
    // The caller answers for what is adopted, but it may contradict nothing that is known.
    if isFilled, early != bench.truth { try found("what was known is another after an adoption") }
    try bench.checkSteps(of: trace)
    let answers = try bench.answers(of: trace)
    // What was adopted is discarded if executed steps contradict it, and then nothing of it is left.
    if trace.incidents.contains(where: { $0.path.hasSuffix("/claims.log") }) {
      guard zip(answers, bench.truth).allSatisfy({ $0 == nil || $0 == $1 }) else {
        try found("a wrong answer after adopted claims were discarded")
      }
    } else if answers != early {
      try found("an answer changes without a report")
    }
    return answers
  }

  func seeds() -> [FuzzSeed] {
    var seeds: [FuzzSeed] = []
    for (number, name) in names.enumerated() {
      let content = game[name] ?? []
      for flags in [0, 1] as [UInt8] {
        seeds.append(FuzzSeed("\(number)-\(flags)", [flags, UInt8(number)] + content))
        seeds.append(
          FuzzSeed(
            "\(number)-\(flags | 2)",
            [flags | 2, UInt8(number)] + (Packing.unpacked(content) ?? [])))
      }
    }
    return seeds
  }
}
