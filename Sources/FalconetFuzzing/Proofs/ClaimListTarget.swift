import FalconetBisect
import FalconetStreams
import Keccak

/// Lists of claims, as `bisect` takes them.
struct ClaimListTarget: HostileInputCheck {
  func run(_ input: [UInt8]) throws {
    let plain = try read(input, chunk: .max)
    guard try plain == read(input, chunk: 3) else {
      try found("a list is another when it comes in pieces")
    }
    if input.starts(with: [0x1F, 0x8B]) || input.starts(with: [0x28, 0xB5]) { return }
    guard try plain == read(Packing.gzip(input), chunk: .max) else {
      try found("a list is another once it is compressed")
    }
    if let plain { try checkSearch(plain, turn: Int(input[0])) }
  }

  /// Bisection finds where a list begins to differ.
  private func checkSearch(_ claims: [UInt64: Bytes32], turn: Int) throws {
    let steps = claims.keys.sorted()
    let turn = turn % steps.count
    let (one, same) = (try Self.list(claims), try Self.list(claims))
    guard try Bisection(one, same).find() == .same(until: steps[steps.count - 1], ended: false)
    else { try found("a list differs from itself") }
    var changed = claims
    for step in steps[turn...] { changed[step]?[31] ^= 1 }
    let outcome = try Bisection(Self.list(claims), Self.list(changed)).find()
    switch outcome {
    case .differsAtStart where turn == 0: break
    case .differs(let last, let next, _, _)
    where turn > 0 && last == steps[turn - 1] && next == steps[turn]:
      break
    default: try found("lists differ from line \(turn) on, and bisection finds \(outcome)")
    }
  }

  private static func list(_ claims: [UInt64: Bytes32]) throws(BisectError) -> ClaimsSide {
    let text = claims.map { "\($0) \($1)\n" }.joined()
    return try ClaimsSide(name: "copy", MemorySource(Array(text.utf8)))
  }

  /// Steps and claims; nil for a list that is refused.
  private func read(_ input: [UInt8], chunk: Int) throws -> [UInt64: Bytes32]? {
    do {
      let side = try ClaimsSide(name: "list", MemorySource(input, chunk: chunk))
      guard let steps = side.steps, steps.first == side.start, steps == steps.sorted() else {
        try found("the steps of a list are not in order")
      }
      var claims: [UInt64: Bytes32] = [:]
      for step in steps {
        switch try side.claim(at: step).value {
        case .claim(let claim): claims[step] = claim
        // Of another VM.
        case .otherClaim: return nil
        case .failed: try found("no claim of step \(step)")
        }
      }
      return claims
    } catch let error as BisectError {
      if "\(error)".isEmpty { try found("an error without a text") }
      return nil
    }
  }

  func seeds() throws -> [FuzzSeed] {
    let guest = try SampleGuest(.v8)
    let lines = (0...guest.last).map { "\($0 + 1) \(guest.claim($0))\n" }
    let list = Array(lines.joined().utf8)
    return [
      FuzzSeed("list", list), FuzzSeed("compressed", try Packing.gzip(list)),
      FuzzSeed("remarks", Array("# a list\n\n \(lines[0])\t\(lines[1].dropLast()) # last".utf8)),
    ]
  }
}
