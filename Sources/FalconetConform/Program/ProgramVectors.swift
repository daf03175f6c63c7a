import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetSystem
import FalconetVectors

/// What a program makes of states that are known.
extension ProgramKit {
  /// Vectors of an area that are tried for each kind: each costs two processes.
  private static let vectorsPerKind = 12

  func checkVectors(_ area: VectorArea) throws(Ended) {
    let vectors: [StepVector]
    do { vectors = try VectorData.vectors(area) } catch {
      return skip("the vectors cannot be read: \(error)")
    }
    for revision in revisions {
      let kind = StepVector.kind(revision)
      let own = vectors.filter { $0.kinds.contains(kind) }
      let distance = max(1, own.count / Self.vectorsPerKind)
      for start in stride(from: distance / 2, to: own.count, by: distance) {
        let candidates = own[start..<min(start + distance, own.count)]
        guard let vector = candidates.first(where: Self.isForAll) else { continue }
        try check("\(vector.name), \(kind)") { try check(vector) }
      }
    }
  }

  /// Whether all that do as Cannon does agree on a vector. Cannon v1.6.0 decodes the program once, so that it and the
  /// contract differ if the program changes itself.
  private static func isForAll(_ vector: StepVector) -> Bool {
    // A vector that cannot be read is tried, so that the check says why.
    (try? changesItsCode(vector)) != true
  }

  private func check(_ vector: StepVector) throws {
    let image = try Snapshot.load(from: MemorySource(vector.state))
    let isLast = vector.end == .panic || vector.end == .preimage
    let stop = image.state.scalars.step &+ vector.steps &+ (isLast ? 1 : 0)
    let (input, output) = (try file(vector.state, "bin"), newName("bin.gz"))
    // A server that has none of them says the same as no server, and sooner.
    let host = vector.preimages.isEmpty ? nil : try server(vector.preimages)
    let outcome = try run(
      from: input, to: output, ["--stop-at", "=\(stop)"], server: host?.command ?? [])
    switch vector.end {
    case .panic:
      try require(
        outcome.status == .exited(code: 2) && !exists(output),
        "the step after \(vector.steps) is illegal, and the program \(outcome.end)",
        input: vector.state)
    case .preimage:
      try require(
        outcome.status != .exited(code: 0) && !exists(output),
        "the step after \(vector.steps) reads a pre-image that is missing, and the program"
          + " \(outcome.end)", input: vector.state)
    case .step, .exited:
      try require(
        outcome.status == .exited(code: 0), "the program \(outcome.end)", input: vector.state)
      let claim = try claim(at: output)
      try require(
        claim == vector.claim.bytes,
        "the claim after \(vector.steps) steps is \(hex(claim)), not \(hex(vector.claim.bytes))",
        input: vector.state)
    }
  }

  /// Whether an instruction is executed, or is illegal, that is not the one that the state has in its place.
  package static func changesItsCode(_ vector: StepVector) throws -> Bool {
    func machine() throws -> Machine {
      let image = try Snapshot.load(from: MemorySource(vector.state))
      return Machine(
        state: image.state, memory: image.memory, oracle: VectorPreimages(vector.preimages),
        engine: .step, revision: vector.kinds.first.flatMap(VectorKind.revision))
    }
    let (machine, first) = try (machine(), machine())
    // The step that cannot be executed is fetched too.
    let count = vector.steps + (vector.end == .panic || vector.end == .preimage ? 1 : 0)
    for step in 0..<count {
      guard let pc = machine.state.activeThread?.pc else { return false }
      if try machine.fetch(at: pc) != first.fetch(at: pc) { return true }
      if step < vector.steps { try machine.runStep() }
    }
    return false
  }
}
