import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetSystem
import Keccak

/// Where a program stops, and what it writes on the way.
extension ProgramKit {
  // MARK: Stops

  func checkStops() throws(Ended) {
    for revision in revisions {
      try check("a run stops at steps, version \(revision.version.rawValue)") {
        let example = try ProgramExample(revision)
        let (start, last) = (example.start, example.last)
        for (pattern, step) in [
          ("=\(start)", start), ("=\(start + 1)", start + 1), ("=\(start + 17)", start + 17),
          ("%7", (start + 6) / 7 * 7), ("%\(start + 13)", start + 13), ("always", start),
          ("never", last + 1), ("=\(last + 1)", last + 1), ("=\(last + 50)", last + 1),
          ("=1", last + 1),
        ] { try stops(example, ["--stop-at", pattern], at: step) }
      }
      try check("a run stops after reads, version \(revision.version.rawValue)") {
        let example = try ProgramExample(revision)
        let reads = example.reads
        func first(_ condition: (PreimageRead) -> Bool) -> UInt64 {
          reads.first { condition($0.read) }.map { $0.step + 1 } ?? example.last + 1
        }
        for (type, number) in [("local", UInt8(1)), ("keccak", 2), ("sha256", 4), ("blob", 5)] {
          try stops(
            example, ["--stop-at-preimage-type", type],
            at: first { $0.key[0] == number && $0.offset == 0 })
        }
        try stops(example, ["--stop-at-preimage-type", "any"], at: first { _ in true })
        for (_, read) in reads {
          try stops(
            example, ["--stop-at-preimage", "\(read.key)@\(read.offset)"],
            at: first { $0.key == read.key && $0.offset == read.offset })
        }
        if let key = reads.last?.read.key {
          try stops(
            example, ["--stop-at-preimage", "\(key)"], at: first { $0.key == key && $0.offset == 0 }
          )
        }
        for size in [1, 17, 19, 20, 5000, 200_000] {
          try stops(
            example, ["--stop-at-preimage-larger-than", "\(size)"],
            at: first { $0.value.count > size })
        }
      }
    }
  }

  private func stops(_ example: ProgramExample, _ flags: [String], at step: UInt64) throws {
    let output = newName("bin")
    try succeed(
      from: file(example.state, "bin"), to: output, flags,
      server: server(example.preimages).command)
    let given = try state(at: output).state.scalars.step
    try require(
      given == step, "with \(flags.joined(separator: " ")) it stops at step \(given), not \(step)",
      step: step, input: example.state)
    try require(
      try claim(at: output) == example.claim(at: step),
      "with \(flags.joined(separator: " ")) it has another claim", step: step, input: example.state)
  }

  // MARK: Snapshots

  func checkSnapshots() throws(Ended) {
    for revision in revisions {
      try check("snapshots are the states on the way, version \(revision.version.rawValue)") {
        let example = try ProgramExample(revision)
        let host = try server(example.preimages).command
        let (start, stop) = (example.start, example.start + 33)
        for (pattern, ending, holds) in [
          ("%10", "bin.gz", { (step: UInt64) in step % 10 == 0 }),
          ("=\(start + 5)", "bin", { $0 == start + 5 }), ("always", "bin.gz", { _ in true }),
          ("never", "bin", { _ in false }),
        ] {
          let name = newName("snapshots")
          try succeed(
            from: file(example.state, "bin"), to: "",
            [
              "--snapshot-at", pattern, "--snapshot-fmt", "\(name)-%d.\(ending)", "--stop-at",
              "=\(stop)",
            ], server: host)
          for step in start - 1...stop + 1 {
            let path = "\(name)-\(step).\(ending)"
            // Where it stops, it writes none.
            let isWanted = holds(step) && step >= start && step < stop
            try require(
              exists(path) == isWanted,
              "--snapshot-at \(pattern) \(isWanted ? "writes no" : "writes a") state of step \(step)",
              step: step, input: example.state)
            guard isWanted else { continue }
            let given = try state(at: path)
            try require(
              try bytes(of: given) == example.states[Int(step - start)],
              "the snapshot of step \(step) is another state", step: step, input: example.state)
          }
        }
      }
      try check("a run goes on from a snapshot, version \(revision.version.rawValue)") {
        let example = try ProgramExample(revision)
        let host = try server(example.preimages).command
        let name = newName("snapshots")
        try succeed(
          from: file(example.state, "bin"), to: "",
          ["--snapshot-at", "%25", "--snapshot-fmt", "\(name)-%d.bin.gz"], server: host)
        for step in [example.start + 10, example.start + 35] {
          let output = newName("bin")
          try succeed(from: "\(name)-\(step).bin.gz", to: output, server: host)
          try require(
            try claim(at: output) == example.claim(at: example.last + 1),
            "from the snapshot of step \(step) on it ends with another claim", step: step,
            input: example.state)
        }
      }
    }
  }

  // MARK: Proofs

  func checkProofFiles() throws(Ended) {
    for revision in revisions {
      try check("proofs are of the steps asked for, and hold, version \(revision.version.rawValue)")
      {
        let example = try ProgramExample(revision)
        let host = try server(example.preimages).command
        let reads = example.reads.map(\.step)
        let read = reads[reads.count / 2]
        for (pattern, ending, holds) in [
          ("%6", "json", { (step: UInt64) in step % 6 == 0 }),
          ("=\(read)", "json.gz", { $0 == read }), ("always", "json.gz", { _ in true }),
        ] {
          let name = newName("proofs")
          try succeed(
            from: file(example.state, "bin"), to: "",
            ["--proof-at", pattern, "--proof-fmt", "\(name)-%d.\(ending)"], server: host)
          for step in example.start...example.last + 1 {
            let path = "\(name)-\(step).\(ending)"
            let isWanted = holds(step) && step <= example.last
            try require(
              exists(path) == isWanted,
              "--proof-at \(pattern) \(isWanted ? "writes no" : "writes a") proof of step \(step)",
              step: step, input: example.state)
            if isWanted { try check(path, of: step, example) }
          }
        }
      }
    }
  }

  private func check(_ path: String, of step: UInt64, _ example: ProgramExample) throws {
    let proof: StepProof
    let file = try source(path)
    do throws(StreamError) {
      guard let first = try ProofReader(file).next() else {
        throw StreamError(.corrupt, path: path, message: "there is no proof in it")
      }
      proof = first
    } catch { throw ConformFault("the proof of step \(step) cannot be read: \(error)", step: step) }
    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      try self.require(
        condition, "the proof of step \(step): \(message())", step: step, input: example.state)
    }
    try require(
      proof.step == step, "it says step \(proof.step.map { "\($0)" } ?? "nothing")")
    try require(proof.pre?.bytes == example.claim(at: step), "the claim before is another")
    try require(proof.post.bytes == example.claim(at: step + 1), "the claim after is another")
    let read = example.reads.first { $0.step == step }?.read
    try require(
      proof.oracleKey == read?.key, "it has the key \(proof.oracleKey.map { "\($0)" } ?? "none")")
    if let read {
      try require(proof.oracleValue == read.value, "it has another pre-image")
      try require(
        proof.oracleOffset == read.offset,
        "it has the offset \(proof.oracleOffset), not \(read.offset)")
    }
    let verdict = ProofVerifier.verify(
      proof, version: example.revision.version, revisions: [example.revision])
    try require(
      verdict.holds, "it does not hold: \(verdict.findings.first?.fault.map { "\($0)" } ?? "")")
  }

  // MARK: Server

  func checkServer() throws(Ended) {
    for revision in revisions {
      try check("hints and keys go to the server, version \(revision.version.rawValue)") {
        let example = try ProgramExample(revision)
        let host = try server(example.preimages)
        let output = newName("bin")
        try succeed(from: file(example.state, "bin"), to: output, server: host.command)
        try require(
          try claim(at: output) == example.claim(at: example.last + 1),
          "the run ends with another claim", input: example.state)
        let hints = try bytes(at: host.hints)
        let expected = example.hints.flatMap { hint in
          (0..<4).map { UInt8(truncatingIfNeeded: hint.count >> (24 - 8 * $0)) } + hint
        }
        try require(
          hints == expected, "the server got the hints \(hex(hints)), not \(hex(expected))",
          input: example.state)
      }
      try check(
        "a server without the pre-image is no success, version \(revision.version.rawValue)"
      ) {
        let example = try ProgramExample(revision)
        for missing in example.preimages.keys {
          var preimages = example.preimages
          preimages[missing] = nil
          let output = newName("bin")
          let outcome = try run(
            from: file(example.state, "bin"), to: output, server: server(preimages).command)
          try require(
            outcome.status != .exited(code: 0) && !exists(output),
            "without the pre-image of \(missing) it \(outcome.end)", input: example.state)
        }
      }
    }
  }
}
