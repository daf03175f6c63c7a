import FalconetTestSupport
import Testing

@testable import FalconetMachine

@Suite("Memory")
struct MemoryTests {
  @Test("Words are big-endian, and the bits of an address inside a word don't count")
  func words() throws {
    let wide = Memory(wordSize: .bits64)
    try wide.storeWord(0x0102_0304_0506_0708, at: 0x1007)
    #expect(wide.bytes(at: 0x1000, count: 8) == [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(wide.loadWord(at: 0x1003) == 0x0102_0304_0506_0708)
    let narrow = Memory(wordSize: .bits32)
    try narrow.storeWord(0xFFFF_FFFF_0102_0304, at: 0x1003)
    #expect(narrow.bytes(at: 0x1000, count: 8) == [1, 2, 3, 4, 0, 0, 0, 0])
    #expect(narrow.loadWord(at: 0x1002) == 0x0102_0304)
  }

  @Test("Reading makes no page, writing does", arguments: [WordSize.bits32, .bits64])
  func pages(_ wordSize: WordSize) throws {
    let memory = Memory(wordSize: wordSize)
    #expect(memory.loadWord(at: 0x5000) == 0)
    #expect(memory.bytes(at: 0x5FFE, count: 4) == [0, 0, 0, 0])
    memory.withPage(5) { page in #expect(page.allSatisfy { $0 == 0 }) }
    _ = memory.proof(at: 0x5000)
    #expect(memory.pageCount == 0)
    #expect(!memory.hasPage(5))
    try memory.storeWord(0, at: 0x5000)
    #expect(memory.pageIndices == [5])
    #expect(memory.hasPage(5))
    try memory.clear(at: 0x7FFF, count: 2)
    try memory.clear(at: 0x2_0000, count: 0)
    #expect(memory.pageIndices == [5, 7, 8])
  }

  @Test("Pages that the host backs ahead do not exist", arguments: [WordSize.bits32, .bits64])
  func backedAhead(_ wordSize: WordSize) throws {
    let memory = Memory(wordSize: wordSize)
    for page in 16...UInt64(32) { try memory.storeWord(page, at: page << 12) }
    #expect(memory.pageIndices == Array(16...32))
    #expect(memory.loadWord(at: 33 << 12) == 0)
    #expect(!memory.hasPage(33))
    try memory.storeWord(7, at: 40 << 12)
    #expect(memory.pageIndices == Array(16...32) + [40])
    let other = Memory(wordSize: wordSize)
    let pages: [UInt64] = Array(16...32) + [40]
    for page in pages.reversed() {
      try other.storeWord(page == 40 ? 7 : page, at: page << 12)
    }
    #expect(other.root() == memory.root())
  }

  @Test("A page that was read before it was written is written", arguments: [0, 5])
  func readThenWrite(_ index: UInt64) throws {
    let memory = Memory(wordSize: .bits64)
    #expect(memory.loadWord(at: index << 12) == 0)
    try memory.storeWord(9, at: index << 12)
    #expect(memory.loadWord(at: index << 12) == 9)
    // A page that would share its slot of a table of 1024.
    #expect(memory.loadWord(at: (index + 1024) << 12) == 0)
    try memory.storeWord(8, at: (index + 1024) << 12)
    #expect(memory.loadWord(at: index << 12) == 9)
    #expect(memory.loadWord(at: (index + 1024) << 12) == 8)
  }

  @Test(
    "Pages behind the reserved parts are pages as any other", arguments: [WordSize.bits32, .bits64])
  func margins(_ wordSize: WordSize) throws {
    let ends: [UInt64] =
      wordSize == .bits64 ? [1 << 40, 1 << 44 + 1 << 40] : [1 << 31]
    let memory = Memory(wordSize: wordSize)
    let far = Memory(wordSize: wordSize, reservesAddressSpace: false)
    var number: UInt64 = 1
    for end in ends {
      for distance in stride(from: -8192, through: 1 << 15 + 4096, by: 4096) {
        let address = end &+ UInt64(bitPattern: Int64(distance))
        #expect(memory.loadWord(at: address) == 0)
        for place in [address, address + 4096 - 8] {
          try memory.storeWord(number, at: place)
          try far.storeWord(number, at: place)
          number += 1
        }
      }
    }
    #expect(memory.pageIndices == far.pageIndices)
    #expect(memory.root() == far.root())
    // That is where engines read them.
    for end in ends where memory.hasReservedAddressSpace {
      let page = memory.space.place(ofPage: end >> 12 + 7)
      #expect(page?.bytes == memory.space.base + Int(end) + 7 << 12)
      #expect(memory.space.place(ofPage: end >> 12 + 8) == nil)
    }
    // Nothing lies twice.
    for index in memory.pageIndices {
      for place in [index << 12, index << 12 + 4096 - 8] {
        #expect(memory.loadWord(at: place) == far.loadWord(at: place))
      }
    }
  }

  @Test("Pages are backed ahead inside the reserved parts alone")
  func endOfParts() throws {
    let end: UInt64 = 1 << 19
    let memory = Memory(wordSize: .bits32)
    let other = Memory(wordSize: .bits32)
    // All pages of the last 64 KiB, and the first one of the margin.
    for index in end - 16...end { try memory.storeWord(1, at: index << 12) }
    // 64 KiB and the page behind them, inside.
    for index: UInt64 in 16...32 {
      try memory.storeWord(1, at: index << 12)
      try other.storeWord(1, at: index << 12)
    }
    #expect(memory.space.populates == other.space.populates)
  }

  @Test("32 machines fit into one process", arguments: [WordSize.bits32, .bits64])
  func manyMemories(_ wordSize: WordSize) throws {
    let memories = (0..<32).map { _ in Memory(wordSize: wordSize) }
    // Tests that run meanwhile have memories too, and 59 places are shared.
    #expect(memories.count { $0.hasReservedAddressSpace } >= 24)
    let heap: UInt64 = wordSize == .bits64 ? 1 << 44 : 0x0500_0000
    for (number, memory) in memories.enumerated() {
      try memory.storeWord(UInt64(number), at: heap)
    }
    for (number, memory) in memories.enumerated() {
      #expect(memory.loadWord(at: heap) == UInt64(number))
      #expect(memory.pageCount == 1)
    }
  }

  @Test("Ranges cross pages and wrap", arguments: [WordSize.bits32, .bits64])
  func ranges(_ wordSize: WordSize) throws {
    let memory = Memory(wordSize: wordSize)
    let bytes = (0..<9000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let start = wordSize.mask - 4999
    try bytes.withUnsafeBufferPointer { (bytes) throws(HostMemoryError) in
      try memory.write(UnsafeRawBufferPointer(bytes), at: start)
    }
    #expect(memory.pageIndices == [0, (start >> 12), (start >> 12) + 1].sorted())
    #expect(memory.bytes(at: start, count: 9000) == bytes)
    #expect(memory.bytes(at: 0, count: 4000) == Array(bytes[5000...]))
    try memory.clear(at: wordSize.mask, count: 2)
    #expect(memory.bytes(at: wordSize.mask - 1, count: 4) == [bytes[4998], 0, 0, bytes[5001]])
  }

  @Test("Pages are listed in ascending order, whatever order they were made in")
  func order() throws {
    let memory = Memory(wordSize: .bits64)
    let indices: [UInt64] = [9, 1 << 51, 0, 1 << 35, 8, (1 << 52) - 1]
    for index in indices { try memory.storeWord(index, at: index << 12) }
    #expect(memory.pageIndices == indices.sorted())
    for index in indices {
      let word = memory.withPage(index) { $0.load(as: UInt64.self).bigEndian }
      #expect(word == index)
    }
  }
}
