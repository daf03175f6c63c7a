import Falconet

/// Answers a question from an open trace, on a thread that may block.
struct Answerer {
  let job: Job
  let trace: Trace
  let service: Service

  func answer() throws(ServiceError) -> Reply {
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
    case .proofs(let indices):
      let proofs = try trace.proofs(at: indices, cancellation: cancellation)
      let end = trace.knownEnd?.index
      return .json(.array(zip(indices, proofs).map { AnswerJSON.proof($0, $1, end: end) }))
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
    case .view, .stacks, .events, .profile, .search: return nil
    }
  }
}
