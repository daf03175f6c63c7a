import Falconet

/// Answers a question from an open trace, on a thread that may block.
struct Answerer {
  let job: Job
  let trace: Trace
  let service: Service

  func answer() throws(ServiceError) -> Reply {
    if case .proofs(let indices) = job.question { return try proofs(at: indices) }
    do throws(FalconetError) {
      if let reply = try tracedAnswer() { return reply }
    } catch { throw ServiceError(error) }
    let inspector = Inspector(
      trace: trace, program: try service.program(of: job.game), job: job, paths: service.paths)
    do {
      let reply = try inspector.answer(job.question, scratch: "\(service.scratch)/\(job.id)")
      guard case .json(let json) = reply else { return reply }
      let bytes = json.bytes
      job.game.keep(bytes, for: job.question)
      return .json(.written(bytes))
    } catch let error as ServiceError {
      throw error
    } catch let error as FalconetError {
      throw ServiceError(error)
    } catch {
      throw ServiceError(status: 500, code: "internal", message: "\(error)")
    }
  }

  /// Nil if it is no question of a trace alone.
  private func tracedAnswer() throws(FalconetError) -> Reply? {
    let cancellation = job.cancellation
    switch job.question {
    case .claims(let indices):
      let claims = try trace.claims(at: indices, cancellation: cancellation)
      let end = trace.knownEnd?.index
      return .json(.array(zip(indices, claims).map { AnswerJSON.claim($0, $1, end: end) }))
    case .last:
      let end = try trace.end(cancellation: cancellation)
      return .json(
        .object(["index": .count(end.index), "claim": .string(end.claim.description)]))
    case .state(let step):
      let path = "\(service.scratch)/\(job.id).fsnap"
      let saved = try trace.saveState(
        after: step, to: path, format: .fsnap, cancellation: cancellation)
      return .file(
        path: path,
        [
          ("falconet-step", "\(saved.step)"), ("falconet-exited", saved.hasExited ? "1" : "0"),
        ] + (saved.lastHint.map { [("falconet-last-hint", "0x" + hex($0))] } ?? []))
    case .snapshots:
      let status = try trace.status()
      return .json(
        .object([
          "snapshots": .array(status.snapshots.map { .count($0) }),
          "claims": .count(status.claimCount), "bytes": .count(status.size),
          "incidents": .array(status.incidents.map { .string($0.description) }),
        ]))
    case .proofs, .view, .stacks, .events, .profile, .search: return nil
    }
  }

  /// Proofs in parts, so that those of many steps that read one large pre-image do not fill the memory.
  private func proofs(at indices: [UInt64]) throws(ServiceError) -> Reply {
    let limit = service.limits.answers
    var counts: [UInt64: Int] = [:]
    for index in indices { counts[index, default: 0] += 1 }
    var rest = counts.keys.sorted()[...]
    var found: [UInt64: JSON] = [:]
    var (size, largest) = (0, limit)
    while !rest.isEmpty {
      let part = Array(rest.prefix(min(max(limit / 8 / max(largest, 1), 1), 64)))
      rest = rest.dropFirst(part.count)
      let proofs: [Proof]
      do throws(FalconetError) {
        proofs = try trace.proofs(at: part, cancellation: job.cancellation)
      } catch { throw ServiceError(error) }
      let end = trace.knownEnd?.index
      largest = 0
      for (index, proof) in zip(part, proofs) {
        let json = AnswerJSON.proof(index, proof, end: end)
        largest = max(largest, json.size)
        size += json.size * counts[index, default: 1]
        found[index] = json
      }
      guard size <= limit else {
        throw .full(
          "the answer has more than \(limit) bytes",
          remedy: "ask for fewer proofs at once, or raise limits.answers")
      }
    }
    return .json(.array(indices.compactMap { found[$0] }))
  }
}
