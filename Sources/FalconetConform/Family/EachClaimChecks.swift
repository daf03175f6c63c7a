import FalconetForeignVM
import FalconetVectors

extension ConformKit {
  /// Claims after each single step: a VM that computes a claim from what changed since the last one must know all that
  /// changed.
  func checkEachClaim() throws(Ended) {
    try check("the claim after each step is right") {
      for (vector, kind) in try samples([.programs, .memory], 5, few: 10)
      where !vector.marks.isEmpty {
        tries(vector.state)
        let machine = try library.loadProgram(vector.state, kind: kind)
        try machine.setHost(RecordingHost(ConformProgram(vector)).host)
        let start = try machine.info().step
        for step in 0...vector.steps {
          try machine.run(until: start &+ step)
          let claim = try machine.claim()
          try require(
            vector.allows(claim, after: step),
            "\(vector.name), \(kind): the claim after \(step) steps is \(hex(claim)), which is wrong",
            step: start &+ step, input: vector.state)
        }
      }
    }
  }
}
