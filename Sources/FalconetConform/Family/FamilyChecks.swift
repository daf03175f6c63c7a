import CFPVM
import FalconetELF
import FalconetForeignVM
import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetVectors
import Keccak

/// State files and proofs of a VM of Cannon's family.
extension ConformKit {
  /// Vectors that are looked at for more than their claims: some of each area and kind.
  ///
  /// - Parameters:
  ///   - distance: one of each so many.
  ///   - few: about how many of each area, if little is looked at.
  func samples(
    _ areas: [VectorArea], _ distance: Int, few: Int = 4
  ) throws -> [(StepVector, String)] {
    var result: [(StepVector, String)] = []
    for area in areas {
      let vectors = try self.vectors(area)
      let distance = effort.distance(of: vectors.count, distance, quickly: few)
      for (number, vector) in vectors.enumerated() where number % distance == 0 {
        if let kind = kind(among: vector.kinds) { result.append((vector, kind)) }
      }
    }
    return result
  }

  // MARK: State files

  func checkStateFiles() throws(Ended) {
    try check("a state goes through the VM's own format") {
      for (vector, kind) in try samples([.scheduler, .futexes, .programs, .preimages], 3, few: 12) {
        tries(vector.state)
        let machine = try library.loadProgram(vector.state, kind: kind)
        let state = try machine.state()
        try require(
          try library.loadState(state, kind: kind).claim() == machine.claim(),
          "\(vector.name), \(kind): the state that is read has another claim", input: vector.state)
        try require(
          try library.loadState(state).info() == machine.info(),
          "\(vector.name), \(kind): the state that is read is of another kind or step",
          input: vector.state)
      }
    }
    try check("the memory that a machine has is that of the state's pages, if it is told") {
      for (vector, kind) in try samples([.memory, .programs], 24, few: 4) {
        guard let pages = StatePages(vector.state) else { continue }
        tries(vector.state)
        let memory = try library.loadProgram(vector.state, kind: kind).info().memory
        let expected = UInt64(pages.count) << 12
        try require(
          memory == 0 || memory == expected,
          "\(vector.name), \(kind): the machine has \(memory) bytes of memory, not \(expected)",
          input: vector.state)
      }
    }
    try check("a state file that is cut or longer is refused") {
      for (vector, kind) in try samples([.scheduler, .recorded], 20, few: 2) {
        for count in sample(of: vector.state.count, 40) {
          try refuse(
            Array(vector.state.prefix(count)), kind, "\(vector.name) cut to \(count) bytes")
        }
        try refuse(vector.state + [0], kind, "\(vector.name) with a byte more")
      }
    }
    try check("a state file of another version is refused") {
      for (vector, kind) in try samples([.recorded], 3) {
        for version in [UInt8(StateVersion.allCases.count), 0x7F, 0xFF] {
          try refuse([version] + vector.state.dropFirst(), kind, "of version \(version)")
        }
      }
    }
    try check("pages come in any order, and none twice") {
      for (vector, kind) in try samples([.memory, .programs], 12) {
        guard let pages = StatePages(vector.state), pages.count > 1 else { continue }
        let claim = try library.loadProgram(vector.state, kind: kind).claim()
        let other = pages.exchanged(0, pages.count - 1)
        tries(other)
        try require(
          try library.loadProgram(other, kind: kind).claim() == claim,
          "\(vector.name) with its pages in another order has another claim", input: other)
        for (from, to) in [(0, 1), (pages.count - 1, 0)] {
          try refuse(pages.repeating(from, at: to), kind, "\(vector.name) with a page twice")
        }
      }
    }
    try checkELF()
    try check("a corrupt state file is refused, or is another state") {
      for (vector, kind) in try samples([.scheduler, .preimages], 24, few: 2) {
        // What is before the pages: counts, flags, threads.
        let ends = 64
        for place in 0..<min(vector.state.count, 4096) where place < ends || place % 37 == 0 {
          // Each place with one of them in one state or another.
          let changes: [UInt8] = place % 3 == 0 ? [0x01] : place % 3 == 1 ? [0x80] : [0xFF]
          for change in changes {
            var other = vector.state
            other[place] ^= change
            tries(other)
            let status = status {
              let machine = try library.loadProgram(other, kind: kind)
              try machine.setHost(RecordingHost(ConformProgram(vector)).host)
              _ = try machine.claim()
            }
            try require(
              [FPVM_OK, FPVM_BAD_DATA, FPVM_UNSUPPORTED, FPVM_NO_MEMORY].contains(status),
              "with another byte \(place): \(ForeignError.name(of: status))", input: other)
          }
        }
      }
    }
  }

  /// A VM may take programs as ELF files too.
  private func checkELF() throws(Ended) {
    try check("an ELF file is the first state of its program, if it is taken") {
      for kind in library.kinds.map(\.name) {
        guard let version = VectorKind.revision(kind)?.version else { continue }
        let elf = TinyELF.bytes(version.wordSize, code: [Assembly.nop, Assembly.syscall])
        tries(elf)
        guard let machine = try? library.loadProgram(elf, kind: kind) else { continue }
        let claim = try machine.claim()
        let expected = try version.loaders.map { loader in
          let prestate = try Prestate.load(
            ELFFile(bytes: elf, name: "program"), version: version, loader: loader)
          return Machine(state: prestate.state, memory: prestate.memory).claim().bytes
        }
        try require(
          expected.contains(claim),
          "as \(kind) it has the claim \(hex(claim)), not"
            + " \(expected.map(hex).joined(separator: " or "))", input: elf)
      }
    }
  }

  private func refuse(_ state: [UInt8], _ kind: String, _ what: String) throws {
    tries(state)
    let status = status { _ = try library.loadProgram(state, kind: kind) }
    try require(
      [FPVM_BAD_DATA, FPVM_UNSUPPORTED].contains(status),
      "a state file \(what): \(ForeignError.name(of: status)), not FPVM_BAD_DATA", input: state)
  }

  // MARK: Proofs

  func checkStepProofs() throws(Ended) {
    guard library.capabilities.contains(.prove) else { return skip("the VM proves no steps") }
    try checkForgedPreimages()
    for area in VectorArea.allCases where area != .recorded {
      try check("proofs of \(area.rawValue) hold, and altered ones do not") {
        for (vector, kind) in try samples([area], 5, few: 16) where vector.steps > 0 {
          try checkProof(vector, kind)
        }
      }
    }
  }

  /// The proof of a vector's last step.
  private func checkProof(_ vector: StepVector, _ kind: String) throws {
    tries(vector.state)
    let machine = try library.loadProgram(vector.state, kind: kind)
    try machine.setHost(RecordingHost(ConformProgram(vector)).host)
    let last = try machine.info().step &+ vector.steps &- 1
    try machine.run(until: last)
    let proof = try machine.prove()
    guard proof.post == vector.claim.bytes else {
      // If a run differs too, that is what is wrong.
      if let fault = try fault(vector, kind) {
        throw ConformFault(
          "\(vector.name), \(kind): \(fault)", step: last, input: vector.state,
          area: ConformArea(rawValue: vector.area.rawValue))
      }
      throw ConformFault(
        "\(vector.name), \(kind): it leads to another claim", step: last, input: vector.state)
    }
    try require(
      proof.pre.count == proof.post.count,
      "\(vector.name), \(kind): the claim before the step has \(proof.pre.count) bytes", step: last,
      input: vector.state)
    guard isLoadable(proof, kind) else { return }
    try verify(proof, vector, kind, holds: true)
    var other = proof
    other.post[31] ^= 1
    try verify(other, vector, kind, holds: false)
    other = proof
    other.pre[31] ^= 1
    try verify(other, vector, kind, holds: false)
    try checkForged(proof, vector, kind)
    for place in proof.fields.indices {
      let count = proof.fields[place].bytes.count
      // The rest of the second field is what the step does not use, in some steps.
      for byte in [0, count / 2, count - 1] where byte >= 0 && byte < count && place == 0 {
        other = proof
        other.fields[place].bytes[byte] ^= 1
        try verify(other, vector, kind, holds: false)
      }
      other = proof
      other.fields[place].bytes.append(0)
      try verify(other, vector, kind, holds: false)
    }
  }

  /// Whether a contract can load the pre-image of a proof. Off the chain there are others, such as local
  /// inputs of more than 32 bytes.
  private func isLoadable(_ proof: ForeignProof, _ kind: String) -> Bool {
    guard proof.read != nil, let step = proof.step(kind) else { return true }
    let verdict = ProofVerifier.verify(
      step, version: step.version, revisions: VectorKind.revision(kind).map { [$0] })
    if case .unloadablePreimage = verdict.findings.first?.fault { return false }
    return true
  }

  /// Proofs that the real Cannon wrote.
  func checkRecordedProofs() throws(Ended) {
    guard library.capabilities.contains(.verify) else { return }
    let proofs: [RecordedProof]
    do { proofs = try VectorData.proofs() } catch {
      return skip("the proofs cannot be read: \(error)")
    }
    for recorded in proofs {
      guard let kind = kind(among: recorded.kinds) else { continue }
      try check("a proof of \(recorded.name), \(kind)") {
        let proof = ForeignProof(recorded, kind: try library.number(ofKind: kind))
        tries(proof.fields.flatMap(\.bytes))
        try require(
          status { try library.verify(proof) } == FPVM_OK, "the VM refuses it",
          step: proof.step, input: proof.fields.flatMap(\.bytes))
        var other = proof
        other.post[31] ^= 1
        try require(
          status { try library.verify(other) } == FPVM_REJECTED,
          "the VM accepts it with another claim", step: proof.step,
          input: proof.fields.flatMap(\.bytes))
      }
    }
  }

  /// Compares what the VM says of a proof with what is true, and what Falconet does if the proof should hold.
  func verify(
    _ proof: ForeignProof, _ vector: StepVector, _ kind: String, holds: Bool
  ) throws {
    let what = "\(vector.name), \(kind): a proof that \(holds ? "is right" : "was altered")"
    if library.capabilities.contains(.verify) {
      tries(proof.fields.flatMap(\.bytes))
      let status = status { try library.verify(proof) }
      try require(
        (status == FPVM_OK) == holds, "\(what): the VM says \(ForeignError.name(of: status))",
        step: proof.step, input: proof.fields.flatMap(\.bytes))
    }
    guard holds, let step = proof.step(kind) else { return }
    let verdict = ProofVerifier.verify(
      step, version: step.version, revisions: VectorKind.revision(kind).map { [$0] })
    try require(
      verdict.holds,
      "\(what): Falconet refuses it: \(verdict.findings.first.map { "\($0)" } ?? "")",
      step: proof.step, input: proof.fields.flatMap(\.bytes))
  }
}

extension ForeignProof {
  fileprivate init(_ proof: RecordedProof, kind: UInt32) {
    self.init(
      step: proof.step, kind: kind, pre: proof.pre.bytes, post: proof.post.bytes,
      fields: [
        Field(name: "state-data", bytes: proof.stateData),
        Field(name: "proof-data", bytes: proof.proofData),
      ],
      read: proof.read.map {
        Read(key: $0.key.bytes, preimage: Array($0.value.dropFirst(8)), offset: $0.offset)
      })
  }

  /// The proof as Falconet has it; nil if it can be none, or its fields have not the names of Cannon's.
  func step(_ kind: String) -> StepProof? {
    guard fields.map(\.name) == ["state-data", "proof-data"], let pre = Bytes32(pre),
      let post = Bytes32(post)
    else { return nil }
    var proof = StepProof(
      post: post, stateData: fields[0].bytes, proofData: fields[1].bytes)
    proof.step = step
    proof.pre = pre
    proof.version = kind.split(separator: "-").first.flatMap { UInt8($0) }
      .flatMap(StateVersion.init)
    guard let read else { return proof }
    guard let key = Bytes32(read.key) else { return nil }
    proof.oracleKey = key
    proof.oracleValue =
      withUnsafeBytes(of: UInt64(read.preimage.count).bigEndian) { Array($0) } + read.preimage
    proof.oracleOffset = read.offset
    return proof
  }
}
