import FalconetELF
import FalconetMachine

/// The call frames of a program that C, C++ or Rust compilers made: of each of its functions, where it
/// keeps its caller's registers, at each instruction. It makes unwinding exact.
///
/// What is corrupt is left out; look-ups take bounded time whatever the sections hold.
///
/// ```swift
/// let frames = try FrameTable(ELFFile(path: "kona-client.elf"))
/// print(Traceback(machine.state, machine.memory, symbols: symbols, frames: frames).lines())
/// ```
package struct FrameTable: Sendable {
  /// The instructions of one function's frames.
  private struct Function {
    var start, end: UInt64
    var section: Int
    var common: Int
    var instructions: Range<Int>
  }

  private let sections: [FrameSection]
  private let commons: [FrameProgram.Common]
  /// In ascending order of starts. Of functions that overlap, the first section's counts.
  private let functions: [Function]
  private let wordSize: WordSize

  /// How many functions have frames.
  package var functionCount: Int { functions.count }

  /// The frames that a program's file has, from `.debug_frame` and `.eh_frame`.
  ///
  /// - Throws: ``ELFError`` if the sections can't be read.
  package init(_ elf: ELFFile) throws(ELFError) {
    self.init(try elf.frameSections(), wordSize: elf.wordSize)
  }

  /// The frames in some sections.
  package init(_ sections: [FrameSection], wordSize: WordSize) {
    var functions: [Function] = []
    var commons: [FrameProgram.Common] = []
    for (index, section) in sections.enumerated() {
      var reader = FrameSectionReader(section, wordSize)
      reader.read { common, start, end, instructions in
        functions.append(
          Function(
            start: start, end: end, section: index, common: commons.count + common,
            instructions: instructions))
      }
      commons += reader.commons
    }
    self.sections = sections
    self.commons = commons
    self.wordSize = wordSize
    let order = functions.indices.sorted {
      (functions[$0].start, $0) < (functions[$1].start, $1)
    }
    var kept: [Function] = []
    for index in order where kept.last?.start != functions[index].start {
      kept.append(functions[index])
    }
    self.functions = kept
  }

  /// The row of the function at an address; nil if no frame describes it, or the description is corrupt.
  func row(at address: UInt64) -> FrameRow? {
    guard let index = functions.indexOfLast(atOrBelow: address, by: \.start),
      address < functions[index].end
    else { return nil }
    let function = functions[index]
    let section = sections[function.section]
    var program = FrameProgram(
      commons[function.common], start: function.start, sectionAt: section.address)
    return program.row(at: address, function.instructions, in: section.bytes, wordSize)
  }
}

/// Reads the entries of one section: what functions have in common (CIE), and functions (FDE).
struct FrameSectionReader {
  private(set) var commons: [FrameProgram.Common] = []
  private let section: FrameSection
  private let wordSize: WordSize
  /// What was read of the common entry at an offset; nil if it can't be used.
  private var known: [Int: Int?] = [:]

  private static let functionLimit = 1 << 21

  init(_ section: FrameSection, _ wordSize: WordSize) {
    self.section = section
    self.wordSize = wordSize
  }

  /// Calls `body` for each function: with the number of its common entry, the function's first address,
  /// the one behind its last, and where its instructions are. Ends at the first entry whose length is
  /// corrupt.
  mutating func read(_ body: (Int, UInt64, UInt64, Range<Int>) -> Void) {
    var next = 0
    for _ in 0..<Self.functionLimit {
      guard let entry = entry(at: next) else { return }
      next = entry.end
      guard let commonOffset = entry.common, let common = common(at: commonOffset),
        let (start, end, instructions) = function(entry, commons[common])
      else { continue }
      body(common, start, end, instructions)
    }
  }

  /// One entry: where its fields begin and end, and where its common entry is if it is a function's.
  private struct Entry {
    var fields: Int
    var end: Int
    var common: Int?
  }

  private func entry(at offset: Int) -> Entry? {
    var bytes = FrameBytes(section.bytes, offset..<section.bytes.count, wordSize)
    guard var length = bytes.unsigned(4), length > 0 else { return nil }
    let isLong = length == 0xFFFF_FFFF
    if isLong {
      guard let long = bytes.unsigned(8) else { return nil }
      length = long
    }
    let start = bytes.position
    guard length <= UInt64(section.bytes.count - start) else { return nil }
    let end = start + Int(length)
    bytes.end = end
    guard let pointer = bytes.unsigned(isLong && section.kind == .debugging ? 8 : 4) else {
      return nil
    }
    var entry = Entry(fields: bytes.position, end: end)
    switch section.kind {
    case .exceptions:
      if pointer == 0 { return entry }
      // Counted back from where the pointer stands. An offset that is none is no common entry's.
      entry.common = pointer <= UInt64(start) ? start - Int(pointer) : -1
    case .debugging:
      if pointer == (isLong ? .max : 0xFFFF_FFFF) { return entry }
      entry.common = Int(exactly: pointer) ?? -1
    }
    return entry
  }

  /// The number of the common entry at an offset; nil if there is none that can be used.
  private mutating func common(at offset: Int) -> Int? {
    if let known = known[offset] { return known }
    var number: Int?
    if offset >= 0, offset < section.bytes.count, let entry = entry(at: offset),
      entry.common == nil, let common = common(entry)
    {
      number = commons.count
      commons.append(common)
    }
    known[offset] = .some(number)
    return number
  }

  private func common(_ entry: Entry) -> FrameProgram.Common? {
    var bytes = FrameBytes(section.bytes, entry.fields..<entry.end, wordSize)
    guard let version = bytes.byte(), [1, 3, 4].contains(version), let augmentation = bytes.text()
    else { return nil }
    if version == 4 {
      // The size of addresses, and of segments, which no program has.
      guard bytes.byte() == UInt8(wordSize.bytes), bytes.byte() == 0 else { return nil }
    }
    guard let codeFactor = bytes.leb(), let dataFactor = bytes.signedLEB(),
      let register = version == 1 ? bytes.byte().map({ UInt64($0) }) : bytes.leb(), register < 32
    else { return nil }
    var common = FrameProgram.Common(
      codeFactor: codeFactor, dataFactor: dataFactor, returnAddress: Int(register), encoding: 0,
      instructions: 0..<0)
    if augmentation.first == UInt8(ascii: "z") {
      common.hasAugmentation = true
      guard let size = bytes.leb(), size <= UInt64(bytes.end - bytes.position) else { return nil }
      let behind = bytes.position + Int(size)
      for letter in augmentation.dropFirst() {
        switch letter {
        case UInt8(ascii: "R"):
          guard let encoding = bytes.byte() else { return nil }
          common.encoding = encoding
        case UInt8(ascii: "L"): guard bytes.byte() != nil else { return nil }
        case UInt8(ascii: "P"):
          guard let encoding = bytes.byte(),
            bytes.pointer(encoding & 0x7F, sectionAt: section.address) != nil
          else { return nil }
        case UInt8(ascii: "S"): break  // a frame that a signal made
        default: return nil
        }
      }
      guard bytes.position <= behind else { return nil }
      bytes.position = behind
    } else if !augmentation.isEmpty {
      return nil
    }
    common.instructions = bytes.position..<entry.end
    return common
  }

  private func function(
    _ entry: Entry, _ common: FrameProgram.Common
  ) -> (UInt64, UInt64, Range<Int>)? {
    var bytes = FrameBytes(section.bytes, entry.fields..<entry.end, wordSize)
    // The size of a function is written as its start is, but is no address.
    guard let start = bytes.pointer(common.encoding, sectionAt: section.address),
      let size = bytes.pointer(common.encoding & 0x0F, sectionAt: 0), size > 0
    else { return nil }
    let (end, wraps) = start.addingReportingOverflow(size)
    guard !wraps else { return nil }
    if section.kind == .exceptions, common.hasAugmentation {
      guard let count = bytes.leb(), bytes.skip(count) else { return nil }
    }
    return (start, end, bytes.position..<entry.end)
  }
}
