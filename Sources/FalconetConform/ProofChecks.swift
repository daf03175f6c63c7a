import CFPVM
import FalconetForeignVM

extension ConformKit {
  func checkProofs(_ reference: ReferenceRun) throws(Ended) {
    guard library.capabilities.contains(.prove) else { return skip("the VM proves no steps") }
    let canVerify = library.capabilities.contains(.verify)
    try check("a proved step is the step") {
      for step in reference.samples {
        let host = RecordingHost(program)
        let machine = try open(host.host)
        try machine.run(until: step)
        let keys = host.keys.count
        let proof = try machine.prove()
        let plain = try open(at: step + 1)
        try require(proof.step == step, "the proof is of step \(proof.step)", step: step)
        try require(
          proof.pre == reference.claims[step], "the claim before the step is another", step: step)
        try require(
          try proof.post == plain.claim(), "the claim after the step is another", step: step)
        try require(
          try machine.claim() == proof.post, "the machine is not in the state after the step",
          step: step)
        try require(
          try machine.info() == plain.info(), "the machine is \(try machine.info())", step: step)
        try require(
          try proof.kind == machine.info().kind, "the proof is of kind \(proof.kind)", step: step)
        try require(
          Set(proof.fields.map(\.name)).count == proof.fields.count && !proof.fields.isEmpty,
          "the fields have no names of their own", step: step)
        if let read = proof.read {
          try require(
            program.preimages[read.key] == read.preimage,
            "the proof has another pre-image of \(hex(read.key))", step: step)
        }
        for key in host.keys[keys...] {
          try require(
            proof.read?.key == key, "the step reads \(hex(key)), and its proof does not say so",
            step: step)
        }
      }
    }
    guard canVerify else { return skip("the VM verifies no proofs") }
    try check("proofs hold") {
      for step in reference.samples {
        let proof = try open(at: step).prove()
        tested()
        do { try library.verify(proof) } catch {
          throw ConformFault("the proof of step \(step) does not hold: \(error)", step: step)
        }
      }
    }
    try check("a proof of other claims does not hold") {
      for step in reference.samples.prefix(16) {
        let proof = try open(at: step).prove()
        for (what, change) in Self.changesOfClaims {
          var other = proof
          change(&other)
          try refuse(other, insteadOf: proof, what)
        }
      }
    }
    try check("a proof of another step does not hold") {
      guard let step = reference.samples.first else { return }
      let first = try open(at: step).prove()
      var mixed = first
      mixed.kind = UInt32(library.kinds.count)
      try refuse(mixed, insteadOf: first, "of a kind that there is not")
      guard reference.samples.count > 1 else { return }
      let second = try open(at: reference.samples[1]).prove()
      mixed = first
      mixed.fields = second.fields
      mixed.read = second.read
      try refuse(mixed, insteadOf: first, "with the fields of another step")
      mixed = first
      mixed.post = second.post
      try refuse(mixed, insteadOf: first, "with the claim of another step")
    }
    try check("what is no proof does not hold") {
      guard let step = reference.samples.first else { return }
      let proof = try open(at: step).prove()
      var other = proof
      other.fields = []
      try refuse(other, insteadOf: proof, "without fields")
      other = proof
      other.fields.append(proof.fields.first ?? ForeignProof.Field(name: "", bytes: []))
      try refuse(other, insteadOf: proof, "with one field more")
      for place in proof.fields.indices {
        other = proof
        other.fields[place].name += "x"
        try refuse(other, insteadOf: proof, "with another name of field \(place)")
        other = proof
        other.fields[place].bytes = []
        try refuse(other, insteadOf: proof, "with an empty field \(place)")
      }
      for claim in [\ForeignProof.pre, \ForeignProof.post] {
        other = proof
        other[keyPath: claim] = []
        try refuse(other, insteadOf: proof, "with an empty claim")
        other[keyPath: claim] = proof[keyPath: claim] + [0]
        try refuse(other, insteadOf: proof, "with a longer claim")
      }
    }
    try checkExactProofs(reference)
  }

  private static let changesOfClaims: [(String, @Sendable (inout ForeignProof) -> Void)] = [
    ("with another claim before", { $0.pre = changed($0.pre, last: 1) }),
    ("with another claim before", { $0.pre = changed($0.pre, first: 0x80) }),
    ("with another claim after", { $0.post = changed($0.post, last: 1) }),
    ("with another claim after", { $0.post = changed($0.post, first: 0x80) }),
    ("with the claims exchanged", { ($0.pre, $0.post) = ($0.post, $0.pre) }),
    ("of another step", { $0.step ^= 1 }),
  ]

  /// Bytes with other bits in the first or the last of them, if there are any.
  private static func changed(_ bytes: [UInt8], first: UInt8 = 0, last: UInt8 = 0) -> [UInt8] {
    var result = bytes
    for (place, bits) in [(bytes.indices.first, first), (bytes.indices.last, last)] {
      if let place { result[place] ^= bits }
    }
    return result
  }

  /// A proof that was altered, or a right one that the alteration leaves as it is, of which nothing can be said.
  private func refuse(
    _ proof: ForeignProof, insteadOf right: ForeignProof, _ what: String, isExact: Bool = true
  ) throws {
    guard proof != right else { return }
    tries(proof.fields.flatMap(\.bytes))
    let status = status { try library.verify(proof) }
    guard isExact else {
      return try require(
        [FPVM_OK, FPVM_REJECTED].contains(status),
        "an altered proof: \(ForeignError.name(of: status))", step: right.step)
    }
    try require(
      status == FPVM_REJECTED,
      "a proof of step \(right.step) \(what): \(ForeignError.name(of: status)), not FPVM_REJECTED",
      step: right.step, input: proof.fields.flatMap(\.bytes))
  }

  /// Each byte of a proof that says it is exact.
  private func checkExactProofs(_ reference: ReferenceRun) throws(Ended) {
    let isExact = library.capabilities.contains(.exactProofs)
    try check(isExact ? "each byte of a proof matters" : "altered proofs are no trouble") {
      for step in reference.samples {
        let proof = try open(at: step).prove()
        func refuse(_ what: String, _ change: (inout ForeignProof) -> Void) throws {
          var other = proof
          change(&other)
          try self.refuse(other, insteadOf: proof, what, isExact: isExact)
        }
        for place in proof.fields.indices {
          let name = proof.fields[place].name.printableName
          for byte in sample(of: proof.fields[place].bytes.count, 24) {
            try refuse("with another byte \(byte) of \(name)") {
              $0.fields[place].bytes[byte] ^= 1 << UInt8(byte & 7)
            }
          }
          try refuse("with another length of \(name)") { _ = $0.fields[place].bytes.popLast() }
          try refuse("with another length of \(name)") { $0.fields[place].bytes.append(0) }
        }
        if proof.read != nil {
          try refuse("without its pre-image") { $0.read = nil }
          // A byte that the step does not read may be another if the key is no hash.
          for change in Self.changesOfReads {
            try refuse("with another key or offset") { other in
              if var read = other.read {
                change(&read)
                other.read = read
              }
            }
          }
        } else {
          try refuse("with a pre-image that it does not read") {
            $0.read = ForeignProof.Read(key: [1], preimage: [2], offset: 3)
          }
        }
      }
    }
  }

  private static let changesOfReads: [@Sendable (inout ForeignProof.Read) -> Void] = [
    { $0.key = changed($0.key, first: 1) },
    { $0.key.append(0) },
    { $0.key = [] },
    { $0.offset &+= 1 },
    { $0.offset = .max },
  ]
}
