import Falconet

/// Answers a question from an open trace, on a thread that may block.
struct Answerer {
  let job: Job
  let trace: Trace
  /// A directory for files that belong to replies.
  let scratch: String

  func answer() throws(FalconetError) -> Reply {
    let cancellation = job.cancellation
    switch job.question {
    case .claims(let indices):
      let claims = try trace.claims(at: indices, cancellation: cancellation)
      let end = trace.knownEnd?.index
      return .json(.array(zip(indices, claims).map { AnswerJSON.claim($0, $1, end: end) }))
    case .proofs(let indices):
      let proofs = try trace.proofs(at: indices, cancellation: cancellation)
      let end = trace.knownEnd?.index
      return .json(.array(zip(indices, proofs).map { AnswerJSON.proof($0, $1, end: end) }))
    case .last:
      let end = try trace.end(cancellation: cancellation)
      return .json(
        .object(["index": .count(end.index), "claim": .string(end.claim.description)]))
    case .state(let step):
      let path = "\(scratch)/\(job.id).fsnap"
      let saved = try trace.saveState(
        after: step, to: path, format: .fsnap, cancellation: cancellation)
      return .file(
        path: path,
        [
          ("falconet-step", "\(saved.step)"), ("falconet-exited", saved.hasExited ? "1" : "0"),
        ] + (saved.lastHint.map { [("falconet-last-hint", "0x" + hex($0))] } ?? []))
    case .view(let step): return .json(try view(step))
    case .snapshots:
      let status = try trace.status()
      return .json(
        .object([
          "snapshots": .array(status.snapshots.map { .count($0) }),
          "claims": .count(status.claimCount), "bytes": .count(status.size),
          "incidents": .array(status.incidents.map { .string($0.description) }),
        ]))
    }
  }

  /// Instructions that a view shows before and after the present one.
  private static let (before, after) = (8, 24)

  private func view(_ step: UInt64) throws(FalconetError) -> JSON {
    let path = "\(scratch)/\(job.id).fsnap"
    defer { Files.remove(path) }
    _ = try trace.saveState(
      after: step, to: path, format: .fsnap, cancellation: job.cancellation)
    let machine = try Machine(contentsOf: path)
    let threads = machine.threads
    let pc = threads.first?.pc ?? 0
    let start = pc &- UInt64(Self.before * 4)
    return .object([
      "step": .count(machine.step), "exitCode": machine.exitCode.map { .count(UInt64($0)) },
      "claim": .string(machine.claim().description),
      "threads": .array(
        threads.prefix(64).map { thread in
          .object([
            "id": .count(thread.id), "pc": .string("0x" + String(thread.pc, radix: 16)),
            "registers": .array(
              thread.registers.map { .string("0x" + String($0, radix: 16)) }),
          ])
        }),
      "threadCount": .count(threads.count),
      "code": .array(
        machine.disassembly(at: start, count: Self.before + Self.after).map { line in
          .object([
            "address": .string("0x" + String(line.address, radix: 16)),
            "bits": .string("0x" + String(line.bits, radix: 16)), "text": .string(line.text),
          ])
        }),
      "lastIndex": trace.knownEnd.map { .count($0.index) },
    ])
  }
}
