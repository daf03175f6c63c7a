import FalconetMachine
import FalconetStreams
import Testing

@testable import FalconetSnapshots

/// Core files, read here as the System V ABI and Linux describe them.
@Suite("Core files") struct CoreFileTests {
  @Test("Every page stands at its address", arguments: StateVersion.allCases)
  func pages(_ version: StateVersion) throws {
    let pages: [UInt64] = [0, 1, 2, 9, 0x7FFFD]
    let image = try SampleState.image(version, pages: pages)
    let core = try CoreReader(self.core(of: image), version.wordSize)
    #expect(core.loads.map(\.address) == [0, 9 << 12, 0x7FFFD << 12])
    for page in pages {
      var expected: [UInt8] = []
      image.memory.read(into: &expected, from: page << 12, count: Memory.pageSize)
      let isRight = core.memory(at: page << 12, count: Memory.pageSize) == expected
      #expect(isRight && expected.count == Memory.pageSize, "page \(page)")
    }
    #expect(core.memory(at: 3 << 12, count: 1) == nil)
  }

  @Test(
    "The registers of each thread that has not exited stand in a note, the active thread's first",
    arguments: StateVersion.allCases)
  func threads(_ version: StateVersion) throws {
    for seed in 0..<8 as Range<UInt64> {
      let image = try SampleState.image(version, threads: 5, seed: seed)
      let state = image.state
      let active = try #require(state.activeThread)
      let others = (state.threads.left + state.threads.right)
        .filter { $0.id != active.id && !$0.exited }
      let core = try CoreReader(self.core(of: image), version.wordSize)
      #expect(core.threads.map(\.number) == ([active] + others).map { $0.id + 1 })
      for (found, thread) in zip(core.threads, [active] + others) {
        #expect(found.registers == (0..<32).map { thread.registers[$0] })
        #expect(found.lo == thread.lo && found.hi == thread.hi && found.pc == thread.pc)
      }
    }
  }

  @Test("More runs of pages than a header can count", arguments: [WordSize.bits32, .bits64])
  func manyRuns(_ wordSize: WordSize) throws {
    let version = try #require(StateVersion.allCases.last { $0.wordSize == wordSize })
    let state = try SampleState.image(version).state
    for count in [0xFFFD, 0xFFFE, 70_000] as [UInt64] {
      let sink = MemorySink()
      let writer = ByteWriter(sink)
      try CoreFile.writeHeaders(state, (0..<count).map { 2 * $0..<2 * $0 + 1 }, to: writer)
      try writer.flush()
      let core = try CoreReader(sink.bytes, wordSize)
      #expect(core.loads.count == Int(count) && core.threads.count > 0)
      #expect(core.loads.map(\.offset) == (0..<count).map { UInt64(sink.bytes.count) + $0 << 12 })
    }
  }

  private func core(of image: MemoryImage) throws -> [UInt8] {
    let sink = MemorySink()
    try CoreFile.convert(
      MemorySource(Snapshots.write(image, as: .fsnap)), SnapshotReading(), to: sink)
    return sink.bytes
  }
}

/// What a debugger takes from a core file.
private struct CoreReader {
  struct Load {
    var address, offset, size: UInt64
  }
  struct Status {
    var number: UInt64
    var registers: [UInt64]
    var lo, hi, pc: UInt64
  }

  let bytes: [UInt8]
  var loads: [Load] = []
  var threads: [Status] = []

  init(_ bytes: [UInt8], _ wordSize: WordSize) throws {
    self.bytes = bytes
    let is32 = wordSize == .bits32
    try #require(Array(bytes[..<7]) == [0x7F, 0x45, 0x4C, 0x46, is32 ? 1 : 2, 2, 1])
    try #require(number(16, 2) == 4 && number(18, 2) == 8)
    let start = is32 ? number(28, 4) : number(32, 8)
    let sections = is32 ? number(32, 4) : number(40, 8)
    var count = number(is32 ? 44 : 56, 2)
    if count == 0xFFFF {
      try #require(number(is32 ? 48 : 60, 2) == 1)
      count = number(sections + (is32 ? 28 : 44), 4)
    }
    for index in 0..<count {
      let header = start + index * (is32 ? 32 : 56)
      let offset = is32 ? number(header + 4, 4) : number(header + 8, 8)
      let size = is32 ? number(header + 16, 4) : number(header + 32, 8)
      switch number(header, 4) {
      case 1:
        try #require(offset % 4096 == 0)
        let address = is32 ? number(header + 8, 4) : number(header + 16, 8)
        loads.append(Load(address: UInt64(address), offset: UInt64(offset), size: UInt64(size)))
      case 4: readNotes(offset..<offset + size, is32)
      default: Issue.record("a program header of another type")
      }
    }
  }

  private mutating func readNotes(_ range: Range<Int>, _ is32: Bool) {
    var place = range.lowerBound
    let (word, registers, first) = is32 ? (4, 72, 6) : (8, 112, 0)
    while place < range.upperBound {
      let size = number(place + 4, 4)
      let status = place + 12 + 8
      #expect(number(place, 4) == 5 && number(place + 8, 4) == 1 && size == (is32 ? 256 : 480))
      #expect(Array(bytes[place + 12..<place + 20]) == Array("CORE".utf8) + [0, 0, 0, 0])
      func register(_ index: Int) -> UInt64 {
        wide(status + registers + (first + index) * word, word)
      }
      threads.append(
        Status(
          number: UInt64(number(status + (is32 ? 24 : 32), 4)),
          registers: (0..<32).map(register), lo: register(32), hi: register(33),
          pc: register(34)))
      place = status + size
    }
    #expect(place == range.upperBound)
  }

  /// The bytes at an address; nil if the file does not have them.
  func memory(at address: UInt64, count: Int) -> [UInt8]? {
    guard
      let load = loads.first(where: {
        address >= $0.address && address + UInt64(count) <= $0.address + $0.size
      })
    else { return nil }
    let start = Int(load.offset + address - load.address)
    return Array(bytes[start..<start + count])
  }

  private func wide(_ place: Int, _ count: Int) -> UInt64 {
    bytes[place..<place + count].reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func number(_ place: Int, _ count: Int) -> Int { Int(wide(place, count)) }
}
