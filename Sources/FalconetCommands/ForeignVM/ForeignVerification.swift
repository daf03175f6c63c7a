import FalconetForeignVM
import FalconetStreams

/// Verifies proofs by a VM in a library.
struct ForeignVerification {
  let library: ForeignLibrary
  /// The kind of the proofs that do not say it.
  let kind: String?

  init(library path: String, kind: String?) throws(CommandError) {
    library = try ForeignLibrary.load(path)
    self.kind = kind
    guard library.capabilities.contains(.verify) else {
      throw CommandError("\(path): the VM \(library.name) cannot verify proofs")
    }
    guard let kind else { return }
    do throws(ForeignError) { _ = try library.number(ofKind: kind) } catch {
      throw CommandError(error)
    }
  }

  /// Verifies the proofs of a file.
  func verify(_ path: String, _ output: VerificationOutput) throws(StreamError) {
    let proofs: [ForeignProofFile]
    do throws(StreamError) {
      proofs = try ForeignProofFile.readAll(Inputs.source(path))
    } catch {
      if error.kind == .interrupted { throw error }
      return try add(path, nil, holds: nil, error.description, output)
    }
    for (number, proof) in proofs.enumerated() {
      if Interruption.isRequested { throw StreamError(.interrupted, message: "interrupted") }
      let name = proofs.count == 1 ? path : "\(path)[\(number)]"
      let verdict = verdict(of: proof)
      try add(name, proof, holds: verdict.holds, verdict.fault, output)
    }
  }

  /// Whether a proof holds, and why not; nil if the VM could not tell.
  private func verdict(of proof: ForeignProofFile) -> (holds: Bool?, fault: String?) {
    if let vm = proof.vm, vm != library.name {
      return (false, "it is a proof of \(vm), and the library is \(library.name)")
    }
    do throws(ForeignError) {
      try library.verify(proof.proof(for: library, kind: kind))
      return (true, nil)
    } catch {
      return (error.isRejection ? false : nil, error.description)
    }
  }

  private func add(
    _ name: String, _ proof: ForeignProofFile?, holds: Bool?, _ fault: String?,
    _ output: VerificationOutput
  ) throws(StreamError) {
    let kind = proof.flatMap { $0.kind ?? self.kind } ?? library.kinds[0].name
    try output.add(name, holds: holds) {
      switch (holds, fault) {
      case (nil, _):
        Paint.bad(proof == nil ? "cannot be read" : "cannot be verified") + ": \(fault ?? "")"
      case (false?, _): Paint.bad("fails") + ": \(fault ?? "")"
      case (true?, _):
        Paint.good("ok") + ": step \((proof?.proof.step ?? 0).forReader), \(library.name) \(kind)"
      }
    } json: { (json) throws(StreamError) in
      try json.object { () throws(StreamError) in
        try json.member("proof", fileName: name)
        try json.key("holds")
        if let holds { try json.bool(holds) } else { try json.null() }
        if let proof { try json.member("step", proof.proof.step) }
        try json.member("vm", message: library.name)
        if proof != nil { try json.member("kind", message: kind) }
        if holds == nil { try json.member("reason", proof == nil ? "unreadable" : "unverified") }
        if let fault { try json.member("message", message: fault) }
      }
    }
  }
}
