import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetTrace
import Keccak
import Logging

/// What `trace` asks, asked of the service: the same answers, from the game that `run` asks for too.
struct ServedTrace {
  private let client: ServiceClient
  private let connection: ServiceConnection
  private let game: String

  /// Opens the game of a prestate.
  ///
  /// - Parameters:
  ///   - oracle: serves the service's questions.
  init(
    _ connection: ServiceConnection, prestate image: MemoryImage, in path: String,
    revision: Revision, source: PreimageSource, oracle: any PreimageOracle
  ) throws(ServiceFailure) {
    self.connection = connection
    client = ServiceClient(connection, serving: oracle)
    game = try client.open(
      prestate: image.state.claim(
        witness: image.state.witness(memoryRoot: image.memory.root())), in: path,
      identity: ServedStart.identity(of: source), revision: revision.name)
  }

  func claims(at indices: [UInt64]) throws(ServiceFailure) -> [TraceClaim] {
    try answers("claims", indices) { (answer) throws(ServiceFailure) in
      TraceClaim(
        index: try number("index", answer), claim: try hash("claim", answer),
        isPastEnd: answer["pastEnd"] == "true")
    }
  }

  func steps(at indices: [UInt64]) throws(ServiceFailure) -> [TraceStep] {
    try answers("proofs", indices) { (answer) throws(ServiceFailure) in
      var proof = StepProof(
        post: try hash("post", answer), stateData: try bytes("stateData", answer),
        proofData: try bytes("proofData", answer))
      let index = try number("index", answer)
      if answer["pre"] != nil {
        proof.pre = try hash("pre", answer)
        proof.step = index
      }
      if answer["preimage.key"] != nil {
        proof.oracleKey = try hash("preimage.key", answer)
        proof.oracleValue = try bytes("preimage.value", answer)
        proof.oracleOffset = try number("preimage.offset", answer)
      }
      return TraceStep(index: index, proof: proof, isPastEnd: answer["pastEnd"] == "true")
    }
  }

  func last() throws(ServiceFailure) -> TraceEnd {
    let response = try client.answer("GET", "/v1/games/\(game)/last?\(client.patience)")
    let answer = try ServiceText.members(response.body)
    let index = try number("index", answer)
    // Past the end, the witness is that of the state that exited.
    let state = try steps(at: [index == .max ? index : index + 1])[0]
    let claim = try hash("claim", answer)
    guard state.claim == claim else {
      throw ServiceFailure(description: "the service contradicts itself")
    }
    return TraceEnd(index: index, claim: claim, witness: state.proof.stateData)
  }

  /// Indices of one request. A proof has some kilobytes.
  private static let partSize = 500

  private func answers<Answer>(
    _ kind: String, _ indices: [UInt64],
    _ read: ([String: String]) throws(ServiceFailure) -> Answer
  ) throws(ServiceFailure) -> [Answer] {
    var answers: [Answer] = []
    var rest = indices[...]
    while !rest.isEmpty {
      let part = rest.prefix(Self.partSize)
      rest = rest.dropFirst(part.count)
      let body = try ServiceText.object { (json) throws(StreamError) in
        try json.member("indices", array: Array(part)) { (index) throws(StreamError) in
          try json.number(index)
        }
        try json.member("wait", UInt64(0))
        if let deadline = connection.deadline { try json.member("deadline", deadline) }
      }
      let response = try client.answer("POST", "/v1/games/\(game)/\(kind)", body)
      let texts = try ServiceText.answers(response.body)
      guard texts.count == part.count else {
        throw ServiceFailure(description: "the service sent another number of answers")
      }
      for text in texts { answers.append(try read(text)) }
    }
    return answers
  }

  private func number(_ name: String, _ answer: [String: String]) throws(ServiceFailure) -> UInt64 {
    guard let value = answer[name].flatMap({ UInt64($0) }) else { throw Self.lacks(name) }
    return value
  }

  private func hash(_ name: String, _ answer: [String: String]) throws(ServiceFailure) -> Bytes32 {
    guard let value = Bytes32(try bytes(name, answer)) else { throw Self.lacks(name) }
    return value
  }

  private func bytes(_ name: String, _ answer: [String: String]) throws(ServiceFailure) -> [UInt8] {
    guard let value = answer[name].flatMap({ Hex.decode(utf8: Array($0.utf8)) }) else {
      throw Self.lacks(name)
    }
    return value
  }

  private static func lacks(_ name: String) -> ServiceFailure {
    ServiceFailure(description: "the service's answer has no '\(name)' that makes sense")
  }
}
