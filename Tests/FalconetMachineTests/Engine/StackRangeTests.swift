import FalconetTestSupport
import Testing

@testable import FalconetMachine

@Suite("The range of the stack")
struct StackRangeTests {
  /// What a check in translated code finds of the last unit of an access.
  private static func passes(_ bank: RegisterBank, top: UInt64) -> Bool {
    let difference = top &- bank[RegisterBank.stackStart]
    let rotated = difference >> 3 | difference << 61
    return rotated < bank[RegisterBank.stackSize]
  }

  /// A range, and the bank that its checks read.
  private final class Subject {
    let bank = RegisterBank()
    private var range: StackRange

    init(_ memory: Memory) { range = StackRange(bank, memory) }
    deinit { bank.deallocate() }

    func cover(_ address: UInt64, _ count: UInt64) -> Bool { range.cover(address, count) }
    func exclude(_ address: UInt64) { range.exclude(address) }
    func revalidate() { range.revalidate() }
  }

  private static func memory(_ pages: [UInt64]) throws -> Memory {
    var image = MachineImage(.v8)
    for page in pages { image.write([1], at: page << 12) }
    let memory = try image.memory()
    for page in pages { _ = memory.preparePage(page << 12) }
    return memory
  }

  @Test("A check passes if all bytes that it is for lie in directly writable pages")
  func bytes() throws {
    let pages: [UInt64] = [0x50, 0x51, 0x52, 0x54, 0x60]
    let memory = try Self.memory(pages)
    let range = Subject(memory)
    let bank = range.bank
    var random = SeededGenerator(seed: 1)
    var passed = 0
    for _ in 0..<20_000 {
      let count = 8 * UInt64(1 + random.below(Int(StackRange.longest) / 8))
      let address = 0x4F_000 + random.next() % 0x12_000
      let covers = range.cover(address, count)
      let isWritable = [address, address + count - 1].allSatisfy { pages.contains($0 >> 12) }
      if covers { #expect(isWritable && address % 8 == 0) }
      if covers { #expect(Self.passes(bank, top: address + count - 8)) }
      // Whatever passes is right, also what was not asked for.
      let top = 0x4F_000 + random.next() % 0x12_000
      guard Self.passes(bank, top: top) else { continue }
      passed += 1
      #expect(top % 8 == 0)
      for byte in [top + 7, top + 8 - StackRange.longest] { #expect(pages.contains(byte >> 12)) }
    }
    #expect(passed > 100)
  }

  @Test("No address passes an empty range, or one whose page is not directly writable any longer")
  func empty() throws {
    let memory = try Self.memory([0x50, 0x51])
    let range = Subject(memory)
    let bank = range.bank
    func isEmpty() -> Bool {
      !stride(from: 0, to: 0x60_000, by: 4).contains { Self.passes(bank, top: $0) }
        && !Self.passes(bank, top: 1) && !Self.passes(bank, top: .max)
    }
    #expect(isEmpty())
    #expect(range.cover(0x50_800, 64))
    #expect(!isEmpty())
    range.exclude(0x52_000)
    #expect(!isEmpty())
    range.exclude(0x51_FF8)
    #expect(isEmpty())
    #expect(range.cover(0x50_800, 64))
    range.revalidate()
    #expect(!isEmpty())
    memory.guardPage(of: 0x51_000)
    range.revalidate()
    #expect(isEmpty())
    #expect(!range.cover(0x51_000, 64))
    #expect(!range.cover(0x50_FF8, 64))
  }

  @Test("The window has ranges too, and no part of memory goes on into another")
  func parts() throws {
    let window: UInt64 = (1 << 47) - 0x2000
    let memory = try Self.memory([window >> 12, (window >> 12) + 1, (1 << 28) - 1])
    let range = Subject(memory)
    let bank = range.bank
    #expect(range.cover(window + 0x800, 64))
    #expect(bank[RegisterBank.stackBase] == UInt64(memory.space.windowBase))
    #expect(!range.cover((1 << 47) - 32, 64))
    #expect(!range.cover((1 << 40) - 32, 64))
    #expect(range.cover((1 << 40) - 64, 64))
    #expect(bank[RegisterBank.stackBase] == UInt64(UInt(bitPattern: memory.space.base)))
    // Not a page of any part that is flat.
    #expect(!range.cover(1 << 46, 64))
  }
}
