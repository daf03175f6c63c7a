import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Keccak

/// What `check` prints, as it comes: a line or a JSON object for each snapshot.
final class CheckOutput {
  /// What a sound snapshot holds.
  struct Facts {
    var format: SnapshotFormat
    var version: StateVersion
    var step: UInt64
    var pages: Int
    var claim: Bytes32
    var isVerified: Bool
  }

  enum Result {
    case sound(Facts)
    case bad(StreamError)
    /// Nothing is known of what it holds.
    case unreadable(StreamError)
  }

  private let json: JSONWriter?
  private var count = 0
  private var bad = 0
  private var unreadable = 0

  init(json: Bool) { self.json = json ? JSONWriter(to: OutputFile.standard()) : nil }

  func begin() throws(StreamError) { try json?.beginArray() }

  func end() throws(StreamError) {
    try json?.endArray()
    try json?.finish()
  }

  func add(_ name: String, _ result: Result) throws(StreamError) {
    count += 1
    switch result {
    case .sound: break
    case .bad: bad += 1
    case .unreadable: unreadable += 1
    }
    guard let json else { return try OutputFile.print(["\(name): \(Self.text(result))"]) }
    try json.object { () throws(StreamError) in
      try json.member("snapshot", fileName: name)
      try Self.write(result, to: json)
    }
  }

  /// What was wrong, with a count of its own for what could not be read; nil if nothing.
  var summary: String? {
    var parts: [String] = []
    if bad > 0 { parts.append("\(bad) of \(count) snapshots failed the check") }
    if unreadable > 0 { parts.append(VerificationOutput.unreadable(unreadable)) }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  private static func text(_ result: Result) -> String {
    switch result {
    case .sound(let facts):
      Paint.good("ok")
        + ": \(facts.format.rawValue), version \(facts.version.rawValue),"
        + " step \(facts.step.forReader), \(facts.pages.forReader) pages, claim \(facts.claim)"
        + (facts.isVerified ? "" : " unverified")
    case .bad(let error): Paint.bad("bad") + ": \(error.withFlag)"
    case .unreadable(let error): Paint.bad("cannot be read") + ": \(error.withFlag)"
    }
  }

  private static func write(_ result: Result, to json: JSONWriter) throws(StreamError) {
    switch result {
    case .sound(let facts):
      try json.member("sound", true)
      try json.member("format", facts.format.rawValue)
      try json.member("stateVersion", facts.version.rawValue)
      try json.member("step", facts.step)
      try json.member("pages", facts.pages)
      try json.member("claim", hex: facts.claim.bytes)
      if !facts.isVerified { try json.member("unverified", true) }
    case .bad(let error):
      try json.member("sound", false)
      try json.member("reason", "bad")
      try json.member("message", message: error.withFlag.description)
    case .unreadable(let error):
      try json.key("sound")
      try json.null()
      try json.member("reason", "unreadable")
      try json.member("message", message: error.withFlag.description)
    }
  }
}
