import FalconetBisect
import FalconetELF
import FalconetForeignVM
import FalconetMachine
import FalconetStreams

/// What a comparison of two runs found.
struct BisectReport {
  let a: any BisectSide
  let b: any BisectSide
  let outcome: Bisection.Outcome
  let divergence: Divergence?
  /// The files of the proofs, by the names of the sides.
  let proofs: [String: String]
  let symbols: SymbolTable?

  static func text(_ claim: SideClaim) -> String {
    switch claim.value {
    case .claim(let claim): "\(claim)"
    case .otherClaim(let claim): Hex.encode(claim, prefix: true)
    case .failed(let reason): "none: \(reason)"
    }
  }

  // MARK: Text

  var lines: [String] {
    var lines = header
    if let divergence { lines += describe(divergence) }
    for side in [a, b] {
      lines.append(
        row(
          "\(side.name) answered",
          "\(side.claimCount.forReader) claims, executed \(side.executed.forReader) steps"))
    }
    return lines
  }

  private func row(_ name: String, _ value: String) -> String {
    name + String(repeating: " ", count: max(1, 20 - name.count)) + value
  }

  private var header: [String] {
    switch outcome {
    case .same(_, ended: true): return [row("the same", "to the end")]
    case .same(let step, ended: false): return [row("the same", "up to step \(step.forReader)")]
    case .differsAtStart(let first, let second):
      return [
        row("differ", "from the start on"), row("A", Self.text(first)),
        row("B", Self.text(second)),
      ]
    case .differs(let last, let first, let mine, let other):
      var lines = [row("same claim", "after \(last.forReader) steps")]
      if first - last > 1 {
        lines.append(
          row("differ", "after \(first.forReader) steps: no claims are known of those between"))
      } else {
        lines.append(row("differ", "in the step after that, step \(last.forReader)"))
      }
      return lines + [
        row("A's claim", Self.text(mine)), row("B's claim", Self.text(other)),
      ]
    }
  }

  private func describe(_ divergence: Divergence) -> [String] {
    var lines: [String] = []
    if let (pc, bits) = divergence.instruction {
      let function = symbols.map { ", in \($0.sourceName(at: pc))" } ?? ""
      lines.append(
        row(
          "instruction",
          "0x\(Progress.hex8(UInt64(bits))) \(divergence.operation ?? "")"
            + " at \(hex(pc))\(function)"))
      if let call = divergence.systemCall {
        lines.append(row("system call", SystemCallRow.title(of: call)))
      }
    } else if divergence.a.execution != nil || divergence.b.execution != nil {
      lines.append(row("instruction", "none: the scheduler's turn, or the program has exited"))
    }
    for part in [divergence.a, divergence.b] { lines += describe(part) }
    if let difference = divergence.difference {
      lines.append(row("after the step", "A, B"))
      for item in difference.items { lines.append(row("  " + item.place, "\(item.a), \(item.b)")) }
      if difference.wordsLeftOut > 0 {
        lines.append("  and \(difference.wordsLeftOut.forReader) more words of memory")
      }
      if difference.items.isEmpty { lines.append("  the states are the same: only claims differ") }
    }
    return lines
  }

  private func describe(_ part: Divergence.Part) -> [String] {
    var lines: [String] = []
    if let text = part.step.foreign?.text { lines.append(row("\(part.name) executes", text)) }
    if let failure = part.step.failure { lines.append(row("\(part.name) fails", failure)) }
    for access in part.execution?.accesses ?? [] {
      let written = access.after.map { ", writes \(hex($0))" } ?? ""
      lines.append(
        row(
          "\(part.name) reads",
          "\(hex(access.before)) at \(hex(access.address))\(written)"
        ))
    }
    if let read = part.preimage {
      lines.append(
        row(
          "\(part.name)'s pre-image",
          "\(read.key) (\(PreimageKeyType.describe(read.key))), at offset \(read.offset) of"
            + " \(read.value.count): \(Hex.encode(read.bytes, prefix: true))"))
    }
    for change in part.registers {
      lines.append(
        row(
          "\(part.name) changes",
          "\(change.name) from \(hex(change.before)) to \(hex(change.after))"))
    }
    if let verdict = part.verdict {
      let fault = verdict.fault ?? verdict.findings.compactMap(\.fault).first
      let file = proofs[part.name].map { "\($0), " } ?? ""
      lines.append(row("\(part.name)'s proof", file + (fault.map { "fails: \($0)" } ?? "holds")))
    } else if let foreign = part.step.foreign, let proof = foreign.proof?.proof {
      lines += describe(foreign, proof, of: part.name)
    }
    return lines
  }

  /// A proof of a VM of which nothing else is known.
  private func describe(
    _ step: ForeignStep, _ proof: ForeignProof, of name: String
  ) -> [String] {
    var lines: [String] = []
    if let read = proof.read {
      lines.append(
        row(
          "\(name)'s pre-image",
          "\(Hex.encode(read.key, prefix: true)), at offset \(read.offset) of"
            + " \(read.preimage.count)"))
    }
    let verdict =
      step.isVerified ? step.fault.map { "fails: \($0)" } ?? "holds" : "not verified by the VM"
    let file = proofs[name].map { "\($0), " } ?? ""
    let fields = proof.fields.map { "\($0.name) \($0.bytes.count) bytes" }
    lines.append(
      row("\(name)'s proof", "\(file)\(fields.joined(separator: ", ")), \(verdict)"))
    return lines
  }
}
