import FalconetMachine
import FalconetStreams
import Keccak

/// The file of a plan: a zstd stream of a header and entries. docs/preimages.md describes it.
enum PlanFormat {
  /// The format's name and version.
  static let header = Array("falconet plan 1\n".utf8)
  private static let name = Array("falconet plan ".utf8)

  /// How an entry begins.
  enum Tag: UInt8 {
    /// The number of entries before it follows, and then nothing.
    case end = 0
    /// Delay, length, bytes.
    case hint = 1
    /// Delay, length and bytes of a text, length and bytes whose lower-case hexadecimal digits follow it.
    case hintWithDigits = 2
    /// Delay, 32 bytes.
    case key = 3
    /// Delay, type; the other 31 bytes are the last ones of the digits before.
    case keyOfHint = 4
  }

  /// Bytes that a hint has at most. Longer ones are not recorded.
  static let hintLimit = 1 << 20
  /// Entries and bytes that a plan has at most.
  static let entryLimit = 1 << 20
  static let byteLimit = 128 << 20

  /// A hint in two parts: text, and bytes that its digits stand for. Nil if it has no such end.
  static func split(_ hint: [UInt8]) -> (text: ArraySlice<UInt8>, bytes: [UInt8])? {
    let digits = hint.reversed().prefix { isDigit($0) }.count & ~1
    guard digits >= 16 else { return nil }
    let place = hint.count - digits
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits / 2)
    for index in stride(from: place, to: hint.count, by: 2) {
      bytes.append(value(hint[index]) << 4 | value(hint[index + 1]))
    }
    return (hint[..<place], bytes)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
  }

  private static func value(_ digit: UInt8) -> UInt8 { digit < 0x40 ? digit & 15 : digit - 0x57 }

  static func isPlan(_ bytes: [UInt8]) -> Bool { bytes.starts(with: name) }
}

/// Writes a plan's entries, one after another.
package final class PlanWriter {
  private let sink: ZstdSink
  private let output: ByteWriter
  private var count: UInt64 = 0
  private var bytes = 0
  /// The bytes of the last hint's digits.
  private var digits: [UInt8] = []

  /// Begins a plan.
  package init(to sink: any ByteSink) throws(StreamError) {
    self.sink = try ZstdSink(over: sink, level: 9)
    output = ByteWriter(self.sink)
    try output.write(PlanFormat.header)
  }

  /// Adds an entry. One that a plan has no room for is left out.
  package func add(_ item: PreimagePlan.Item) throws(StreamError) {
    guard count < PlanFormat.entryLimit, bytes < PlanFormat.byteLimit - 2 * PlanFormat.hintLimit
    else { return }
    var entry: [UInt8] = []
    switch item.entry {
    case .hint(let hint):
      digits = []
      guard hint.count <= PlanFormat.hintLimit else { return }
      if let (text, bytes) = PlanFormat.split(hint) {
        begin(&entry, .hintWithDigits, item)
        append(UInt64(text.count), to: &entry)
        entry += text
        append(UInt64(bytes.count), to: &entry)
        entry += bytes
        digits = bytes
      } else {
        begin(&entry, .hint, item)
        append(UInt64(hint.count), to: &entry)
        entry += hint
      }
    case .key(let key):
      let bytes = key.bytes
      if digits.count >= 31, digits.suffix(31) == bytes.suffix(31) {
        begin(&entry, .keyOfHint, item)
        entry.append(bytes[0])
      } else {
        begin(&entry, .key, item)
        entry += bytes
      }
    }
    try output.write(entry)
    bytes += entry.count
    count += 1
  }

  /// Ends the plan.
  package func finish() throws(StreamError) {
    var entry = [PlanFormat.Tag.end.rawValue]
    append(count, to: &entry)
    try output.write(entry)
    try output.finish()
  }

  private func begin(_ entry: inout [UInt8], _ tag: PlanFormat.Tag, _ item: PreimagePlan.Item) {
    entry.append(tag.rawValue)
    append(item.delay, to: &entry)
  }

  /// Appends a number: seven bits a byte, the lowest first, with the top bit if more follow.
  private func append(_ number: UInt64, to entry: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      entry.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    entry.append(UInt8(rest))
  }
}

/// Reads a plan.
package struct PlanReader {
  private let input: ByteReader
  private var digits: [UInt8] = []

  /// A plan, as far as it can be read.
  package struct Result: Sendable {
    package let plan: PreimagePlan
    /// What is wrong with the rest.
    package let fault: StreamError?
  }

  /// Reads a plan from a file's bytes.
  ///
  /// - Throws: ``StreamError`` if it is no plan, or of a version that is not known. If only its end is
  ///   wrong, what comes before is the result.
  package static func read(from source: any ByteSource) throws(StreamError) -> Result {
    var reader = PlanReader(ByteReader(try ZstdSource(over: source)))
    let header = PlanFormat.header
    let found: [UInt8]
    do throws(StreamError) { found = try reader.input.peek(upTo: header.count) } catch {
      switch error.kind {
      case .truncated, .corrupt, .checksum, .unsupported, .tooLarge: throw notAPlan(source.name)
      default: throw error
      }
    }
    guard PlanFormat.isPlan(found) else { throw notAPlan(source.name) }
    guard found == header else {
      throw StreamError(
        .unsupported, path: source.name,
        message: "this release does not know the plan's version: "
          + String(decoding: found.dropFirst(14).prefix { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self),
        remedy: "record it again, or use the release that wrote it")
    }
    try reader.input.skip(UInt64(header.count))
    var plan = PreimagePlan()
    do throws(StreamError) {
      while let item = try reader.next(plan.items.count) { plan.items.append(item) }
      return Result(plan: plan, fault: nil)
    } catch { return Result(plan: plan, fault: error.named(source.name)) }
  }

  private init(_ input: ByteReader) { self.input = input }

  private static func notAPlan(_ name: String) -> StreamError {
    StreamError(.corrupt, path: name, message: "it is not a plan", remedy: "record one with a run")
  }

  /// - Parameter count: how many items came before.
  /// - Returns: nil at the end.
  private mutating func next(_ count: Int) throws(StreamError) -> PreimagePlan.Item? {
    guard let tag = PlanFormat.Tag(rawValue: try input.readUInt8()) else {
      throw corrupt("an entry is of no known kind")
    }
    if tag == .end {
      guard try number(upTo: .max) == UInt64(count) else {
        throw corrupt("it does not have as many entries as it says")
      }
      try input.expectEnd()
      return nil
    }
    guard count < PlanFormat.entryLimit, input.position <= PlanFormat.byteLimit else {
      throw StreamError(.tooLarge, offset: input.position, message: "the plan is too long")
    }
    let delay = try number(upTo: .max)
    let entry: PreimagePlan.Entry
    switch tag {
    case .hint:
      digits = []
      entry = .hint(try input.readBytes(try length(upTo: PlanFormat.hintLimit)))
    case .hintWithDigits:
      let text = try input.readBytes(try length(upTo: PlanFormat.hintLimit))
      digits = try input.readBytes(
        try length(upTo: (PlanFormat.hintLimit - text.count) / 2))
      entry = .hint(text + Array(Hex.encode(digits).utf8))
    case .key: entry = .key(Bytes32(readingFrom: try input.readBytes(32)))
    case .keyOfHint:
      guard digits.count >= 31 else { throw corrupt("a key refers to a hint that is not there") }
      entry = .key(Bytes32(readingFrom: [try input.readUInt8()] + digits.suffix(31)))
    case .end: return nil
    }
    return PreimagePlan.Item(entry, delay: delay)
  }

  private func length(upTo limit: Int) throws(StreamError) -> UInt64 {
    try number(upTo: UInt64(limit))
  }

  private func number(upTo limit: UInt64) throws(StreamError) -> UInt64 {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      let byte = try input.readUInt8()
      // The tenth byte has one bit.
      guard shift < 63 || byte <= 1 else { break }
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 {
        guard number <= limit else { throw corrupt("a number is above its limit") }
        return number
      }
    }
    throw corrupt("a number has too many bytes")
  }

  private func corrupt(_ message: String) -> StreamError {
    StreamError(
      .corrupt, offset: input.position, message: message, remedy: "record the plan again")
  }
}
