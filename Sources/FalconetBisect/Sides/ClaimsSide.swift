import FalconetMachine
import FalconetStreams
import Keccak

/// A run of which only a list of claims is known.
package final class ClaimsSide: BisectSide {
  package let name: String
  package let version: StateVersion? = nil
  package let start: UInt64
  package let steps: [UInt64]?
  package private(set) var claimCount = 0
  package let executed: UInt64 = 0
  private let claims: [UInt64: [UInt8]]

  /// Bytes that a list may have.
  private static let limit: UInt64 = 256 << 20
  /// Bytes that a claim may have, as fpvm.h says it.
  private static let claimSizes = 1...64

  /// The claims that a file lists: a line each of a step and the claim of the state after so many
  /// steps, separated by white space. All claims have the same size. Empty lines and what follows a `#` don't count.
  package init(name: String, _ source: any ByteSource) throws(BisectError) {
    let bytes: [UInt8]
    do {
      bytes = try ByteReader.decompressing(source).reader.readAll(limit: Self.limit)
    } catch { throw BisectError(error) }
    var claims: [UInt64: [UInt8]] = [:]
    var size: Int?
    var number = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let text = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
      let words = text.split { $0.isWhitespace }
      if words.isEmpty { continue }
      guard words.count == 2, let step = UInt64(words[0]), let claim = Self.claim(words[1]) else {
        throw .file(
          StreamError(
            .corrupt, path: source.name, message: "line \(number) is not a step and a claim",
            remedy:
              "write them as in \"1000 0x03…\", the claim with two digits for each of its bytes"))
      }
      guard claim.count == size ?? claim.count else {
        throw .file(
          StreamError(
            .corrupt, path: source.name,
            message: "line \(number) has a claim of \(claim.count) bytes, and those before it have"
              + " \(size ?? 0)"))
      }
      size = claim.count
      guard claims.updateValue(claim, forKey: step) == nil else {
        throw .file(
          StreamError(
            .corrupt, path: source.name, message: "line \(number) repeats step \(step)"))
      }
    }
    let sorted = claims.keys.sorted()
    guard let first = sorted.first else {
      throw .file(StreamError(.corrupt, path: source.name, message: "the file lists no claims"))
    }
    self.name = name
    self.claims = claims
    start = first
    steps = sorted
  }

  private static func claim(_ text: Substring) -> [UInt8]? {
    let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text
    return Hex.decode(digits).flatMap { claimSizes.contains($0.count) ? $0 : nil }
  }

  package func claim(at step: UInt64) throws(BisectError) -> SideClaim {
    claimCount += 1
    guard let claim = claims[step] else {
      throw .mismatch("\(name) has no claim of step \(step)")
    }
    return SideClaim(bytes: claim, isEnd: false)
  }

  package func saveState() throws(BisectError) {}

  package func execute(_ step: UInt64) throws(BisectError) -> SideStep { SideStep() }
}
