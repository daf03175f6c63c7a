import CFPVM
import FalconetForeignVM
import FalconetThreads

extension ConformKit {
  // MARK: Claims

  func checkClaims(_ reference: ReferenceRun) throws(Ended) {
    try check("the claim is that of the witness") {
      let machine = try open(RecordingHost(program).host)
      for step in reference.samples + [reference.end] {
        try machine.run(until: step)
        let (info, claim, witness) = try (machine.info(), machine.claim(), machine.witness())
        try require(info.step == step, "the machine is at step \(info.step)", step: step)
        try require(
          Int(info.kind) < library.kinds.count, "the state is of kind \(info.kind)", step: step)
        if let size = library.kinds[Int(info.kind)].witnessSize {
          try require(
            witness.count == size, "the witness has \(witness.count) bytes, not \(size)",
            step: step)
        }
        let other = try library.claim(ofWitness: witness, kind: info.kind)
        try require(
          other == claim, "the claim is \(hex(claim)), that of the witness \(hex(other))",
          step: step, input: witness)
        try require(
          try machine.claim() == claim, "the claim is another when asked for again", step: step)
        let state = try machine.state()
        try require(
          Array(state.prefix(claim.count)) == claim, "the state does not begin with the claim",
          step: step, input: state)
      }
    }
    try check("another witness has another claim") {
      let machine = try open(RecordingHost(program).host)
      let (witness, claim, kind) = try (machine.witness(), machine.claim(), machine.info().kind)
      for place in sample(of: witness.count, 64) {
        var other = witness
        other[place] ^= 1 << UInt8(place & 7)
        // It may be no witness at all.
        guard let given = try? library.claim(ofWitness: other, kind: kind) else { continue }
        try require(
          given != claim, "the claim does not change with byte \(place) of the witness",
          input: other)
      }
    }
    try check("what is no witness has no claim") {
      let witness = try open(RecordingHost(program).host).witness()
      for count in [0, 1, witness.count / 2] where count < witness.count {
        let given = try? library.claim(ofWitness: Array(witness.prefix(count)), kind: 0)
        let kind = library.kinds[0]
        guard count == 0 || kind.witnessSize != nil else { continue }
        try require(
          given == nil, "\(count) bytes of a witness have a claim",
          input: Array(witness.prefix(count)))
      }
    }
  }

  // MARK: Determinism

  func checkDeterminism(_ reference: ReferenceRun) throws(Ended) {
    try check("a program gives the same each time") {
      let host = RecordingHost(program)
      let machine = try open(host.host)
      let stop = try machine.run(until: reference.end)
      try require(
        try machine.info() == reference.info, "another end: \(try machine.info())")
      try require(
        try machine.claim() == reference.claim, "another claim at the end", step: reference.end)
      try require(
        host.trail == reference.trail, "other output or hints than in an earlier run")
      try require(stop == (reference.stop == .exited ? .exited : .step), "it stopped for \(stop)")
    }
    try check("other memory does not change a run") {
      guard let step = reference.samples.last else { return }
      // Machines that are alive meanwhile change what is allocated where.
      var alive: [ForeignMachine] = []
      for _ in 0..<4 {
        let machine = try open(RecordingHost(program).host)
        try machine.run(until: step)
        alive.append(machine)
      }
      let claims = try alive.map { try $0.claim() }
      let expected = reference.claims[step]
      try require(
        claims.allSatisfy { $0 == expected }, "machines that are alive at once differ",
        step: step)
    }
  }

  // MARK: Resuming

  func checkResume(_ reference: ReferenceRun) throws(Ended) {
    try check("a run in pieces is the same") {
      let host = RecordingHost(program)
      let machine = try open(host.host)
      for step in reference.samples {
        let stop = try machine.run(until: step)
        try require(
          stop == .step, "the run stopped for \(stop) before the program ended", step: step)
        try require(
          try machine.info().step == step, "the run stopped at step \(try machine.info().step)",
          step: step)
        try require(
          machine.stoppedAt == step, "the run says that it stopped at step \(machine.stoppedAt)",
          step: step)
        try require(
          try machine.claim() == reference.claims[step], "another claim", step: step)
      }
      try machine.run(until: reference.end)
      try require(
        try machine.claim() == reference.claim, "another claim at the end", step: reference.end)
      try require(host.trail == reference.trail, "other output or hints than of the whole run")
    }
    try check("a run to a step that is past does nothing") {
      let machine = try open(at: reference.end)
      for step in [0, reference.end / 2, reference.end] {
        try machine.run(until: step)
        try require(
          try machine.claim() == reference.claim, "the machine has changed", step: step)
      }
    }
    try check("a saved state goes on like the machine") {
      for step in reference.samples {
        let before = RecordingHost(program)
        let machine = try open(before.host)
        try machine.run(until: step)
        let state = try machine.state()
        try require(
          try machine.claim() == reference.claims[step], "saving changes the machine", step: step)
        tries(state)
        let loaded = try library.loadState(state)
        try require(
          try loaded.info() == machine.info(), "the loaded machine is another", step: step,
          input: state)
        try require(
          try loaded.claim() == reference.claims[step], "the loaded machine has another claim",
          step: step, input: state)
        try require(
          try loaded.witness() == machine.witness(), "the loaded machine has another witness",
          step: step, input: state)
        let (mine, other) = (RecordingHost(program), RecordingHost(program))
        try machine.setHost(mine.host)
        try loaded.setHost(other.host)
        try machine.run(until: reference.end)
        try loaded.run(until: reference.end)
        try require(
          try loaded.claim() == reference.claim, "it ends with another claim", step: step,
          input: state)
        try require(
          mine.trail.output == other.trail.output, "it gives other output", step: step,
          input: state)
        // A host that is new to the state may need hints from before it too.
        for hints in [mine.trail.hints, other.trail.hints] {
          try require(
            hints.count >= reference.trail.hints.count - before.trail.hints.count
              && reference.trail.hints.suffix(hints.count).elementsEqual(hints),
            "it gives other hints: \(hints.map(hex)), of \(reference.trail.hints.map(hex))",
            step: step, input: state)
        }
      }
    }
    try check("a state that is written as a stream is one that is saved") {
      let machine = try open(at: reference.samples.last ?? 0)
      let state = try streamed(machine)
      try require(
        try library.loadState(state).claim() == machine.claim(), "it has another claim",
        input: state)
      try require(
        try read(state, inPiecesOf: 1).claim() == machine.claim(),
        "read byte by byte it has another claim", input: state)
      try require(
        try read(state, inPiecesOf: 1000).claim() == machine.claim(),
        "read in pieces it has another claim", input: state)
    }
  }

  // MARK: The end

  func checkEnd(_ reference: ReferenceRun) throws(Ended) {
    guard reference.stop == .exited else {
      return skip("\(program.name) has not ended after \(effort.steps) steps")
    }
    try check("a program that has exited stays so") {
      let host = RecordingHost(program)
      let machine = try open(host.host)
      for step in [reference.end, reference.end + 1, UInt64.max] {
        let stop = try machine.run(until: step)
        try require(stop == .exited, "a run to step \(step) stopped for \(stop)", step: step)
        try require(
          try machine.info() == reference.info, "the machine has changed: \(try machine.info())",
          step: step)
        try require(try machine.claim() == reference.claim, "the claim has changed", step: step)
      }
      try require(try machine.info().exited, "the machine does not say that it has exited")
      try require(host.trail == reference.trail, "it gave more output or hints")
    }
    try check("before its end a program has not exited") {
      let machine = try open(RecordingHost(program).host)
      for step in reference.samples {
        try machine.run(until: step)
        let info = try machine.info()
        try require(!info.exited, "it has", step: step)
        try require(info.exitCode == 0, "it has the exit code \(info.exitCode)", step: step)
      }
    }
    guard library.capabilities.contains(.prove) else { return skip("the VM proves no steps") }
    try check("there is no step to prove after the end") {
      let machine = try open(at: reference.end)
      let error = status { _ = try machine.prove() }
      try require(
        error == FPVM_EXITED, "\(ForeignError.name(of: error)), not FPVM_EXITED",
        step: reference.end)
      try require(
        try machine.claim() == reference.claim, "the claim has changed", step: reference.end)
    }
  }

  /// The status of a call.
  func status(_ body: () throws -> Void) -> Int32 {
    do { try body() } catch { return (error as? ForeignError)?.status ?? FPVM_INTERNAL }
    return FPVM_OK
  }

  // MARK: Threads

  func checkThreads(_ reference: ReferenceRun) throws(Ended) {
    try check("machines on several threads are the same as alone") {
      let (library, program, end) = (library, program, reference.end)
      let canLoad = library.capabilities.contains(.loadProgram)
      let results = ParallelLoop.map(Array(0..<16), threads: 4) { _ -> ThreadResult in
        do {
          let machine =
            canLoad ? try library.loadProgram(program.bytes) : try library.loadState(program.bytes)
          let host = RecordingHost(program)
          try machine.setHost(host.host)
          for part in 1...8 { try machine.run(until: end / 8 * UInt64(part)) }
          try machine.run(until: end)
          return ThreadResult(claim: try machine.claim(), trail: host.trail)
        } catch { return ThreadResult(failure: "\(error)") }
      }
      if let failure = results.compactMap(\.failure).first { throw ConformFault(failure) }
      try require(
        results.allSatisfy { $0.claim == reference.claim && $0.trail == reference.trail },
        "a machine on another thread ends with another claim, output or hints")
    }
  }
}

/// What a machine on another thread came to.
private struct ThreadResult: Sendable {
  var claim: [UInt8] = []
  var trail = RunTrail()
  var failure: String?
}
