import Falconet

/// What is asked of a trace. Equal questions of one game are answered once.
enum Question: Hashable, Sendable {
  case claims([UInt64])
  case proofs([UInt64])
  case last
  /// The state after a number of steps, as a snapshot.
  case state(UInt64)
  /// What a person wants to see of a state.
  case view(UInt64)
  /// The states that are stored.
  case snapshots

  var kind: String {
    switch self {
    case .claims: "claims"
    case .proofs: "proofs"
    case .last: "last"
    case .state: "state"
    case .view: "view"
    case .snapshots: "snapshots"
    }
  }
}

/// What a question got.
enum Reply: Sendable {
  case json(JSON)
  /// A file that belongs to the reply, and what is said of it.
  case file(path: String, [(name: String, value: String)])
}

/// The JSON of answers.
enum AnswerJSON {
  static func claim(_ index: UInt64, _ claim: Claim, end: UInt64?) -> JSON {
    .object([
      "index": .count(index), "claim": .string(claim.description),
      "pastEnd": .bool(end.map { index > $0 } ?? false),
    ])
  }

  static func proof(_ index: UInt64, _ proof: Proof, end: UInt64?) -> JSON {
    .object([
      "index": .count(min(index, end ?? .max)),
      "pastEnd": .bool(end.map { index > $0 } ?? false),
      "pre": proof.pre.map { .string($0.description) },
      "post": .string(proof.post.description),
      "stateData": .string("0x" + hex(proof.stateData)),
      "proofData": .string("0x" + hex(proof.proofData)),
      "preimage": proof.preimage.map {
        .object([
          "key": .string($0.key.description), "value": .string("0x" + hex($0.value)),
          "offset": .count($0.offset),
        ])
      },
    ])
  }
}
