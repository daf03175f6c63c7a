import FalconetForeignVM
import FalconetVectors

extension ConformKit {
  /// Whether machines stay of their kind: a program's first state of each kind that there is.
  func checkKinds() throws(Ended) {
    guard library.capabilities.contains(.clone) else { return skip("the VM has no clones") }
    try check("a clone is of its machine's kind, and ends like it", isKnown: true) {
      let vectors = try self.vectors(.programs)
      for kind in library.kinds.map(\.name) {
        let names = VectorKind.names(matching: kind)
        guard let vector = vectors.first(where: { names.contains(where: $0.kinds.contains) }) else {
          continue
        }
        tries(vector.state)
        let machine = try library.loadProgram(vector.state, kind: kind)
        let clone = try machine.clone()
        try require(
          try clone.info() == machine.info(),
          "\(vector.name), \(kind): the clone is of another kind or step", input: vector.state)
        let end = try machine.info().step &+ vector.steps
        try clone.setHost(RecordingHost(ConformProgram(vector)).host)
        try clone.run(until: end)
        try require(
          try clone.claim() == vector.claim.bytes,
          "\(vector.name), \(kind): the clone ends with another claim", input: vector.state)
      }
    }
  }
}
