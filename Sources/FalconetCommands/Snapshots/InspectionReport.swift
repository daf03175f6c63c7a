import FalconetELF
import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Keccak

/// A snapshot's content in words, or as JSON.
struct InspectionReport {
  let inspection: Inspection
  let state: MachineState
  let claim: Bytes32
  let format: SnapshotFormat
  let symbols: SymbolTable?

  var scalars: Scalars { state.scalars }

  /// What every version has, and what has a place of its own in a report.
  private static let common: Set<StateField> = [
    .exited, .exitCode, .step, .heap, .preimageKey, .preimageOffset, .lastHint,
  ]

  /// The scalars that only some versions have.
  var otherFields: [StateField] {
    state.version.snapshotLayout.fields.filter { field in
      if case .stack = field.form { return false }
      return !field.isOfThread && !Self.common.contains(field)
    }
  }

  /// The fields of the version's threads.
  var threadFields: [ThreadField] {
    state.version.threadLayout.fields.filter {
      !state.version.isSingleThreaded || ![.id, .exited, .exitCode].contains($0)
    }
  }

  /// The scalars and the thread fields that the text says in words.
  private static let inWords: Set<StateField> = [
    .reservationStatus, .reservationAddress, .reservationOwner, .stepsSinceContextSwitch,
    .traverseRight, .nextThreadID, .wakeup,
  ]
  private static let threadInWords: Set<ThreadField> = [
    .id, .exited, .exitCode, .futexAddress, .futexValue, .futexTimeoutStep, .pc, .nextPC, .lo, .hi,
    .registers,
  ]

  private var status: String {
    switch state.status {
    case .valid: "valid"
    case .invalid: "invalid"
    case .panic: "panic"
    case .unfinished: "unfinished"
    }
  }

  private func name(_ address: UInt64) -> String? { symbols?.sourceName(at: address) }

  /// A value by its field's form.
  private static func text(_ value: UInt64, _ form: FieldForm) -> String {
    if case .address = form { hex(value) } else { "\(value)" }
  }

  /// The threads, in the order of the stacks, bottom first.
  private var threads: [(stack: String, thread: ThreadState)] {
    state.threads.left.map { ("left", $0) } + state.threads.right.map { ("right", $0) }
  }

  // MARK: Text

  var lines: [String] {
    var lines: [String] = []
    func row(_ name: String, _ value: String) {
      lines.append(name + String(repeating: " ", count: max(1, 18 - name.count)) + value)
    }
    row("format", format.rawValue)
    row("version", "\(state.version.rawValue) (\(state.version.name))")
    row("claim", "\(claim)" + (inspection.isVerified ? "" : " unverified"))
    row("status", status + (scalars.exited ? ", exit code \(scalars.exitCode)" : ""))
    row("step", scalars.step.forReader)
    row(
      "memory",
      "\(inspection.pageCount.forReader) pages, \(Progress.size(ofPages: Int(inspection.pageCount)))"
    )
    row("heap", hex(scalars.heap))
    row("pre-image key", "\(scalars.preimageKey), offset \(scalars.preimageOffset)")
    if !state.version.isSingleThreaded {
      let reservation = scalars.reservation
      row(
        "reservation",
        reservation.status == 0
          ? "none"
          : "\(hex(reservation.address)) of thread \(reservation.owner),"
            + " status \(reservation.status)")
      row("context switch", "\(scalars.stepsSinceContextSwitch.forReader) steps ago")
      row("runs from", scalars.traverseRight ? "right stack" : "left stack")
      row("next thread", "\(scalars.nextThreadID)")
    }
    if state.version.hasBlockingFutexes,
      scalars.wakeup != ThreadState.noFutex(state.version.wordSize)
    {
      row("wakes", hex(scalars.wakeup))
    }
    for field in otherFields where !Self.inWords.contains(field) {
      if case .hash(let hash) = field.form {
        row(field.name, "\(scalars[hash])")
      } else {
        row(field.name, Self.text(state[field], field.form))
      }
    }
    if let revision = state.revision { row("revision", revision) }
    if !state.lastHint.isEmpty {
      let start = state.lastHint.beginning(1 << 12)
      let rest = state.lastHint.count - start.count
      row(
        "pending hint",
        Hex.encode(start, prefix: true) + (rest > 0 ? " and \(rest) bytes more" : ""))
    }
    for (stack, thread) in threads { lines += describe(thread, on: stack) }
    lines.append("")
    lines.append("memory map")
    for range in inspection.memoryMap {
      let size = Progress.size(ofPages: Int(range.count))
      lines.append(
        "  \(hex(range.start)) to \(hex(range.end &- 1))  \(size)"
          + "  \(inspection.purpose(of: range, in: state))")
    }
    return lines
  }

  private func describe(_ thread: ThreadState, on stack: String) -> [String] {
    let isSingle = state.version.isSingleThreaded
    var lines = [""]
    lines.append(
      isSingle
        ? "registers"
        : "thread \(thread.id) on the \(stack) stack"
          + (thread.exited ? ", exited with code \(thread.exitCode)" : ""))
    for (label, address) in [("pc", thread.pc), ("nextPC", thread.nextPC)] {
      lines.append("  \(label) \(hex(address))" + (name(address).map { " \($0)" } ?? ""))
    }
    if state.version.hasBlockingFutexes,
      thread.futexAddress != ThreadState.noFutex(state.version.wordSize)
    {
      lines.append(
        "  waits at \(hex(thread.futexAddress)) while it holds \(thread.futexValue)"
          + (thread.futexTimeoutStep == ThreadState.noTimeout
            ? "" : ", until step \(thread.futexTimeoutStep)"))
    }
    for field in threadFields where !Self.threadInWords.contains(field) {
      lines.append("  \(field.name) \(Self.text(thread[field], field.form))")
    }
    let digits = 2 * state.version.wordSize.bytes
    var cells = Registers.names.enumerated().map { ($1, thread.registers[$0]) }
    cells += [("hi", thread.hi), ("lo", thread.lo)]
    for start in stride(from: 0, to: cells.count, by: 4) {
      let row = cells[start..<min(start + 4, cells.count)].map { name, value in
        let text = String(value, radix: 16)
        return String(repeating: " ", count: 5 - name.count) + name + " "
          + String(repeating: "0", count: digits - text.count) + text
      }
      lines.append(row.joined(separator: ""))
    }
    return lines
  }
}

extension PendingHint {
  /// The first bytes; none if they cannot be read again.
  func beginning(_ most: Int) -> [UInt8] { (try? bytes(0..<min(count, most))) ?? [] }
}
