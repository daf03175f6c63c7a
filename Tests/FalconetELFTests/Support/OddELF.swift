import FalconetELF
import FalconetMachine
import FalconetTestSupport

/// An ELF file with one field, or a few, that no linker writes so.
struct OddELF {
  let name: String
  let bytes: [UInt8]

  /// Files with one odd field each: every field of every header, with values at the edges.
  static let withOneField: [OddELF] = wordSizes.flatMap { wordSize in
    [0, 2].flatMap { names in oneField(wordSize, sectionNames: names) }
  }

  /// Files with a few odd fields each. The same for the same seed.
  static func random(_ count: Int, seed: UInt64) -> [OddELF] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { number in
      let (builder, base) = base(number % 2 == 0 ? .bits32 : .bits64, number / 2 % 2 * 2)
      let fields = fields(of: builder)
      var (bytes, name) = (base, "random \(number)")
      for _ in 0..<Int.random(in: 2...4, using: &random) {
        let field = fields[Int.random(in: 0..<fields.count, using: &random)]
        let values = values(field.count, of: base)
        let value = values[Int.random(in: 0..<values.count, using: &random)]
        bytes.poke(value, count: field.count, at: field.place)
        name += " \(field.name)=\(value)"
      }
      return OddELF(name: name, bytes: bytes)
    }
  }

  private struct Field {
    var name: String
    var place: Int
    var count: Int
  }

  private static func oneField(_ wordSize: WordSize, sectionNames: Int) -> [OddELF] {
    let (builder, base) = base(wordSize, sectionNames)
    return fields(of: builder).flatMap { field in
      values(field.count, of: base).map { value in
        var bytes = base
        bytes.poke(value, count: field.count, at: field.place)
        return OddELF(
          name: "\(wordSize), names in \(sectionNames): \(field.name)=\(value)", bytes: bytes)
      }
    }
  }

  private static func base(_ wordSize: WordSize, _ names: Int) -> (ELFBuilder, [UInt8]) {
    var builder = ELFBuilder(wordSize)
    builder.segments.append(.init(type: 0x6474_E551, address: 0))
    builder.symbols = [
      .init(name: "main.main", start: 0x10000, size: 4), .init(name: "b", start: 0x10004, size: 4),
    ]
    var bytes = builder.build()
    bytes.poke(UInt64(names), count: 2, at: builder.sectionCount + 2)
    // Room for headers that are counted and are not there.
    return (builder, bytes + [UInt8](repeating: 0, count: 64))
  }

  private static func values(_ count: Int, of base: [UInt8]) -> [UInt64] {
    let size = UInt64(base.count)
    let values: [UInt64] =
      [0, 1, 2, 3, 4, 7, 8, 11, 16, 24, 31, 32, 33, 40, 41, 56, 57, 64, 65, 0x100, 0x101, 0x800]
      + [size - 1, size, size + 1, 0xFEFF, 0xFF00, 0xFFFF, 1 << 31, 1 << 63]
      + [(1 << 31) - 1, (1 << 63) - 1, 0xFFFF_FFFF, .max]
    let mask = count == 8 ? UInt64.max : (1 << UInt64(8 * count)) - 1
    return values.filter { $0 <= mask }
  }

  private static func fields(of builder: ELFBuilder) -> [Field] {
    let word = builder.wordSize.bytes
    let isWide = builder.wordSize == .bits64
    func list(_ name: String, at start: Int, _ counts: [Int]) -> [Field] {
      var place = start
      return counts.enumerated().map { index, count in
        defer { place += count }
        return Field(name: "\(name)[\(index)]", place: place, count: count)
      }
    }
    let identification = [4, 6, 7].map { Field(name: "ident[\($0)]", place: $0, count: 1) }
    let header = list("header", at: 16, [2, 2, 4, word, word, word, 4, 2, 2, 2, 2, 2, 2])
    let segments = builder.segments.indices.flatMap { index in
      list(
        "segment \(index)", at: builder.headerSize + index * builder.segmentHeaderSize,
        isWide ? [4, 4, 8, 8, 8, 8, 8, 8] : [4, 4, 4, 4, 4, 4, 4, 4])
    }
    let sections = (0..<3).flatMap { index in
      list(
        "section \(index)", at: builder.sectionTable + index * builder.sectionHeaderSize,
        [4, 4, word, word, word, word, 4, 4, word, word])
    }
    let symbols = (0..<3).flatMap { index in
      list(
        "symbol \(index)", at: builder.symbolTable + index * builder.symbolSize,
        isWide ? [4, 1, 1, 2, 8, 8] : [4, 4, 4, 1, 1, 2])
    }
    return identification + header + segments + sections + symbols
  }
}
