import FalconetMachine
import FalconetStreams
import Keccak

/// Which program a state is of, told by a sample of its code: what `meta.json` says beside the symbols,
/// for whoever has a state and symbols that may not belong together.
///
/// The sample names its pages, so whoever compares it need not know how they were chosen. Code that
/// may be written to is no part of it.
package struct ProgramIdentity: Equatable, Sendable {
  /// The addresses of the pages, ascending.
  package let pages: [UInt64]
  /// The hash of their bytes, one page after the other.
  package let hash: Bytes32

  /// A sample of so many pages takes less than a millisecond to hash.
  static let sampleSize = 64
  /// The most pages that a file may name.
  static let limit = 1 << 12

  /// The identity of a program that was just loaded; nil if it has no page that holds nothing but
  /// read-only code.
  package init?(_ elf: ELFFile, _ memory: Memory) {
    let code = elf.segments.filter {
      $0.type == ELFSegment.load && $0.flags & ELFSegment.executable != 0
        && $0.flags & ELFSegment.writable == 0
    }
    let size = UInt64(Memory.pageSize)
    // Pages that a segment fills: what else is in its first and last one may be data.
    let ranges = code.compactMap { segment -> Range<UInt64>? in
      let (first, isTooHigh) = segment.address.addingReportingOverflow(size - 1)
      let (end, isTooLong) = segment.address.addingReportingOverflow(segment.fileSize)
      guard !isTooHigh, !isTooLong, first / size < end / size else { return nil }
      return first / size..<end / size
    }
    let count = ranges.reduce(0) { $0 + $1.count }
    guard count > 0 else { return nil }
    let sample = min(count, Self.sampleSize)
    pages = Set(
      (0..<sample).map { Self.page(($0 * (count - 1)) / max(sample - 1, 1), of: ranges) * size }
    ).sorted()
    hash = Self.hash(of: pages, in: memory)
  }

  private init(pages: [UInt64], hash: Bytes32) {
    (self.pages, self.hash) = (pages, hash)
  }

  /// A page by its number among those of all ranges.
  private static func page(_ number: Int, of ranges: [Range<UInt64>]) -> UInt64 {
    var number = UInt64(number)
    for range in ranges {
      if number < UInt64(range.count) { return range.lowerBound + number }
      number -= UInt64(range.count)
    }
    return 0
  }

  /// Whether a memory holds the program.
  package func matches(_ memory: Memory) -> Bool { Self.hash(of: pages, in: memory) == hash }

  private static func hash(of pages: [UInt64], in memory: Memory) -> Bytes32 {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(pages.count * Memory.pageSize)
    for address in pages {
      memory.read(into: &bytes, from: address, count: Memory.pageSize)
    }
    return Keccak256.hash(bytes)
  }

  // MARK: JSON

  /// Writes the object that `meta.json` has as `program`.
  func write(to json: JSONWriter) throws(StreamError) {
    try json.beginObject()
    try json.member("pages", array: pages) { (page) throws(StreamError) in
      try json.string("0x" + String(page, radix: 16))
    }
    try json.member("keccak256", hex: hash.bytes)
    try json.endObject()
  }

  /// Reads that object.
  ///
  /// - Returns: nil if it is another's, which has other members.
  static func read(_ json: JSONReader) throws(StreamError) -> ProgramIdentity? {
    guard try json.peekKind() == .object else {
      try json.skipValue()
      return nil
    }
    var pages: [UInt64] = []
    var hash: Bytes32?
    try json.beginObject()
    while let key = try json.nextKey() {
      switch (key, try json.peekKind()) {
      case ("pages", .array):
        try json.beginArray()
        while try json.nextElement() {
          let page = try json.peekKind() == .string ? address(json.readString(maxBytes: 64)) : nil
          guard let page, pages.count < limit else {
            throw StreamError(
              .syntax, offset: json.position,
              message: "the program's pages are no list of addresses",
              remedy: "use the meta.json that was written with the prestate")
          }
          pages.append(page)
        }
      case ("keccak256", .string): hash = Bytes32(hex: try json.readString(maxBytes: 128))
      default: try json.skipValue()
      }
    }
    guard let hash, !pages.isEmpty else { return nil }
    return ProgramIdentity(pages: pages, hash: hash)
  }

  private static func address(_ text: String) -> UInt64? {
    text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : nil
  }
}
