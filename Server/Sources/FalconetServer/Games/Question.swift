import Falconet

/// What is asked of a trace. Equal questions of one game are answered once.
enum Question: Hashable, Sendable {
  case claims([UInt64])
  case proofs([UInt64])
  case last
  /// The state after a number of steps, as a snapshot.
  case state(UInt64)
  /// What a person wants to see of a state, and of its memory at an address.
  case view(UInt64, memory: UInt64?)
  /// The calls at steps of a stretch.
  case stacks(Stretch, samples: Int)
  /// What a stretch asks of its system and its host.
  ///
  /// - Parameter kind: the only kind that is listed; nil for all of them.
  case events(Stretch, limit: Int, kind: EventCounts.Kind?)
  /// Steps by functions, in a format that `Profile` writes.
  case profile(Stretch, format: ProfileKind)
  case search(Search)
  /// The states that are stored.
  case snapshots

  var kind: String {
    switch self {
    case .claims: "claims"
    case .proofs: "proofs"
    case .last: "last"
    case .state: "state"
    case .view: "view"
    case .stacks: "stacks"
    case .events: "events"
    case .profile: "profile"
    case .search: "search"
    case .snapshots: "snapshots"
    }
  }
}

extension Question {
  /// Whether a challenger needs the answer, and not a person who looks.
  var isOfChallengers: Bool {
    switch self {
    case .claims, .proofs, .last, .state: true
    case .view, .stacks, .events, .profile, .search, .snapshots: false
    }
  }
}

/// Steps of a trace.
struct Stretch: Hashable, Sendable {
  var from: UInt64
  var steps: UInt64

  var end: UInt64 {
    let (end, overflow) = from.addingReportingOverflow(steps)
    return overflow ? .max : end
  }

  /// The k-th of some steps that are spread evenly.
  func step(_ position: Int, of count: Int) -> UInt64 {
    let (k, n) = (UInt64(position), UInt64(count))
    return from + steps / n * k + steps % n * k / n
  }
}

/// A format of profiles.
enum ProfileKind: String, Hashable, Sendable, CaseIterable {
  case svg, pprof, folded

  var fileName: String {
    switch self {
    case .svg: "profile.svg"
    case .pprof: "profile.pb.gz"
    case .folded: "profile.folded"
    }
  }

  var contentType: String {
    switch self {
    case .svg: "image/svg+xml"
    case .pprof: "application/octet-stream"
    case .folded: "text/plain; charset=utf-8"
    }
  }
}

/// The next or the last step at which something happens.
struct Search: Hashable, Sendable {
  enum Target: Hashable, Sendable {
    case address(UInt64)
    case function(String)
    case claim(String)
    case systemCall, preimage, threadSwitch
    /// A system call, pre-images and hints among them, or a thread switch.
    case event
  }

  var target: Target
  /// Steps after this one are found, or before it.
  var from: UInt64
  var isBackward: Bool
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
