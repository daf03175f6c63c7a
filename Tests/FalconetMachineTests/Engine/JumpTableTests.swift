import Testing

@testable import FalconetMachine

@Suite("The table of jumps")
struct JumpTableTests {
  private static let codeStart: UInt = 0x10000

  /// What a table says of an address after it was offered a place for it so often.
  private static func place(after offers: Int, in table: inout JumpTable, at pc: UInt64) -> Int? {
    for _ in 0..<offers { table.offer(64, at: pc) }
    return table[pc]
  }

  @Test("An address has an entry once its page was offered a few")
  func offers() throws {
    var table = try #require(JumpTable(codeStart: Self.codeStart, missing: 16))
    #expect(Self.place(after: 3, in: &table, at: 0x8000) == nil)
    #expect(Self.place(after: 1, in: &table, at: 0x8000) == 64)
    // The page has entries then; another page does not.
    #expect(Self.place(after: 1, in: &table, at: 0x8004) == 64)
    #expect(Self.place(after: 1, in: &table, at: 0x4_0000) == nil)
  }

  @Test("A cleared table has no entries, and takes as many offers again")
  func cleared() throws {
    var table = try #require(JumpTable(codeStart: Self.codeStart, missing: 16))
    #expect(Self.place(after: 4, in: &table, at: 0x8000) == 64)
    table.clear()
    #expect(table[0x8000] == nil)
    #expect(Self.place(after: 3, in: &table, at: 0x8000) == nil)
    #expect(Self.place(after: 1, in: &table, at: 0x8000) == 64)
  }

  @Test("An address takes the entry of another in its place")
  func replaced() throws {
    var table = try #require(JumpTable(codeStart: Self.codeStart, missing: 16))
    #expect(Self.place(after: 4, in: &table, at: 0x8000) == 64)
    let other = 0x8000 + UInt64(JumpTable.count) << 2
    #expect(Self.place(after: 1, in: &table, at: other) == 64)
    #expect(table[0x8000] == nil)
  }

  @Test("An address whose entry is removed has none, and others keep theirs")
  func removed() throws {
    var table = try #require(JumpTable(codeStart: Self.codeStart, missing: 16))
    let other = 0x8000 + UInt64(JumpTable.count) << 2
    #expect(Self.place(after: 4, in: &table, at: 0x8000) == 64)
    table.remove(other)
    #expect(table[0x8000] == 64)
    table.remove(0x8000)
    #expect(table[0x8000] == nil)
    // Jumps to address 0 have an entry whatever is removed: the first one of the table.
    let first = try #require(UnsafePointer<UInt64>(bitPattern: table.address))
    let shared = UInt64(JumpTable.count) << 2
    #expect(Self.place(after: 1, in: &table, at: shared) == 64)
    table.remove(shared)
    #expect(table[shared] == nil)
    #expect(first[0] == 0 && first[1] == UInt64(Self.codeStart) + 16)
    table.offer(64, at: 0)
    #expect(first[1] == UInt64(Self.codeStart) + 64)
    table.remove(0)
    #expect(first[0] == 0 && first[1] == UInt64(Self.codeStart) + 16)
  }
}
