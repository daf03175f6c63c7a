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
    guard canVerify else { return }
    try check("proofs hold") {
      for step in reference.samples {
        let proof = try open(at: step).prove()
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
          guard other != proof else { continue }
          try refuse(other, what, step)
        }
      }
    }
    try check("a proof of another step does not hold") {
      guard reference.samples.count > 1 else { return }
      let first = try open(at: reference.samples[0]).prove()
      let second = try open(at: reference.samples[1]).prove()
      var mixed = first
      mixed.fields = second.fields
      mixed.read = second.read
      try refuse(mixed, "with the fields of another step", first.step)
      mixed = first
      mixed.post = second.post
      if second.post != first.post {
        try refuse(mixed, "with the claim of another step", first.step)
      }
      mixed = first
      mixed.kind = UInt32(library.kinds.count)
      try refuse(mixed, "of a kind that there is not", first.step)
    }
    try check("what is no proof does not hold") {
      let proof = try open(at: reference.samples.first ?? 0).prove()
      var other = proof
      other.fields = []
      try refuse(other, "without fields", proof.step)
      other = proof
      other.fields.append(proof.fields.first ?? ForeignProof.Field(name: "", bytes: []))
      try refuse(other, "with one field more", proof.step)
      for place in proof.fields.indices {
        other = proof
        other.fields[place].name += "x"
        try refuse(other, "with another name of field \(place)", proof.step)
        other = proof
        other.fields[place].bytes = []
        if proof.fields[place].bytes.count > 0 {
          try refuse(other, "with an empty field \(place)", proof.step)
        }
      }
      for claim in [\ForeignProof.pre, \ForeignProof.post] {
        other = proof
        other[keyPath: claim] = []
        try refuse(other, "with an empty claim", proof.step)
        other[keyPath: claim] = proof[keyPath: claim] + [0]
        try refuse(other, "with a longer claim", proof.step)
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

  private func refuse(_ proof: ForeignProof, _ what: String, _ step: UInt64) throws {
    tries(proof.fields.flatMap(\.bytes))
    let status = status { try library.verify(proof) }
    try require(
      status == FPVM_REJECTED,
      "a proof of step \(step) \(what): \(ForeignError.name(of: status)), not FPVM_REJECTED",
      step: step, input: proof.fields.flatMap(\.bytes))
  }

  /// Each byte of a proof that says it is exact.
  private func checkExactProofs(_ reference: ReferenceRun) throws(Ended) {
    let isExact = library.capabilities.contains(.exactProofs)
    try check(isExact ? "each byte of a proof matters" : "altered proofs are no trouble") {
      for step in reference.samples {
        let proof = try open(at: step).prove()
        for place in proof.fields.indices {
          for byte in sample(of: proof.fields[place].bytes.count, 24) {
            var other = proof
            other.fields[place].bytes[byte] ^= 1 << UInt8(byte & 7)
            try refuse(other, "with another byte \(byte) of \(proof.fields[place].name)", isExact)
          }
          for change in [-1, 1] {
            var other = proof
            if change < 0 {
              guard other.fields[place].bytes.popLast() != nil else { continue }
            } else {
              other.fields[place].bytes.append(0)
            }
            try refuse(other, "with another length of \(proof.fields[place].name)", isExact)
          }
        }
        var other = proof
        if let read = proof.read {
          other.read = nil
          try refuse(other, "without its pre-image", isExact)
          for change in Self.changesOfReads {
            other = proof
            var changed = read
            change(&changed)
            guard changed != read else { continue }
            other.read = changed
            // A byte that the step does not read may be another if the key is no hash.
            try refuse(other, "with another key or offset", isExact)
          }
        } else {
          other.read = ForeignProof.Read(key: [1], preimage: [2], offset: 3)
          try refuse(other, "with a pre-image that it does not read", isExact)
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

  /// - Parameter isExact: whether the proof must be refused, or only be dealt with.
  private func refuse(_ proof: ForeignProof, _ what: String, _ isExact: Bool) throws {
    tries(proof.fields.flatMap(\.bytes))
    let status = status { try library.verify(proof) }
    guard isExact else {
      return try require(
        [FPVM_OK, FPVM_REJECTED].contains(status),
        "an altered proof: \(ForeignError.name(of: status))", step: proof.step)
    }
    try require(
      status == FPVM_REJECTED,
      "a proof of step \(proof.step) \(what): \(ForeignError.name(of: status)), not FPVM_REJECTED",
      step: proof.step, input: proof.fields.flatMap(\.bytes))
  }
}
