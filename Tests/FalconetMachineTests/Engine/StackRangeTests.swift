import FalconetTestSupport
import Testing

@testable import FalconetMachine

@Suite("The range of the stack")
struct StackRangeTests {
  /// What a check in translated code finds of a stack pointer.
  private static func passes(_ bank: RegisterBank, _ stackPointer: UInt64) -> Bool {
    let difference = stackPointer &- bank[RegisterBank.stackStart]
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
    func coversFrame(at stackPointer: UInt64) -> Bool { range.coversFrame(at: stackPointer) }
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

  @Test("A stack pointer passes if the bytes of its frame lie in directly writable pages")
  func bytes() throws {
    let pages: [UInt64] = [0x50, 0x51, 0x52, 0x54, 0x60]
    let memory = try Self.memory(pages)
    let range = Subject(memory)
    let bank = range.bank
    let frame = StackRange.frame
    func isWritable(_ address: UInt64, _ count: UInt64) -> Bool {
      [address, address + count - 1].allSatisfy { pages.contains($0 >> 12) }
    }
    var random = SeededGenerator(seed: 1)
    var passed = 0
    for _ in 0..<20_000 {
      let count = frame + 4 * UInt64(random.below(Int(4096 - frame) / 4))
      let address = 0x4F_000 + random.next() % 0x12_000
      let covers = range.cover(address, count)
      #expect(covers == (isWritable(address, count) && (address | count) % 8 == 0))
      if covers { #expect(Self.passes(bank, address)) }
      if covers { #expect(Self.passes(bank, address + count - frame)) }
      // Whatever passes is right, also what was not asked for.
      let other = 0x4F_000 + random.next() % 0x12_000
      guard Self.passes(bank, other) else { continue }
      passed += 1
      #expect(other % 8 == 0 && isWritable(other, frame))
    }
    #expect(passed > 100)
  }

  @Test("The range moves to a stack pointer that does not pass, if it can have its frame")
  func moves() throws {
    let memory = try Self.memory([0x50, 0x60])
    let range = Subject(memory)
    let frame = StackRange.frame
    for (address, covers) in [
      (0x50_000, true), (0x60_800, true), (0x60_804, false), (0x61_000, false),
      (0x51_000 - frame, true), (0x51_008 - frame, false), (0x4F_FF8, false), (0, false),
    ] {
      #expect(range.coversFrame(at: address) == covers)
      #expect(Self.passes(range.bank, address) == covers)
    }
  }

  @Test("Pages that exist become directly writable for the range, unless more has to be noticed")
  func preparation() throws {
    let memory = try Self.memory([0x50, 0x51, 0x52])
    _ = memory.root()
    memory.guardPage(of: 0x51_000)
    #expect(memory.markCode(onPage: 0x52))
    let range = Subject(memory)
    #expect(range.coversFrame(at: 0x50_000))
    #expect(!range.coversFrame(at: 0x51_000))
    #expect(!range.coversFrame(at: 0x52_000))
    #expect(!memory.hasStaleCode)
    #expect(!range.coversFrame(at: 0x53_000))
    #expect(!memory.hasPage(0x53))
  }

  @Test("Page 0 is of no range, since it is guarded whenever a reservation ends")
  func firstPage() throws {
    let memory = try Self.memory([0, 1])
    memory.guardPage(of: 0x5000)
    let range = Subject(memory)
    #expect(!range.coversFrame(at: 0x800))
    #expect(range.coversFrame(at: 0x1000))
    #expect(!Self.passes(range.bank, 0xFF8))
  }

  @Test("No address passes an empty range, or one whose page is not directly writable any longer")
  func empty() throws {
    let memory = try Self.memory([0x50, 0x51])
    let range = Subject(memory)
    let bank = range.bank
    func isEmpty() -> Bool {
      !stride(from: 0, to: 0x60_000, by: 4).contains { Self.passes(bank, $0) }
        && !Self.passes(bank, 1) && !Self.passes(bank, .max)
    }
    #expect(isEmpty())
    #expect(range.coversFrame(at: 0x50_800))
    #expect(!isEmpty())
    range.exclude(0x52_000)
    #expect(!isEmpty())
    range.exclude(0x51_FF8)
    #expect(isEmpty())
    #expect(range.coversFrame(at: 0x50_800))
    range.revalidate()
    #expect(!isEmpty())
    memory.guardPage(of: 0x51_000)
    range.revalidate()
    #expect(isEmpty())
    #expect(!range.coversFrame(at: 0x51_000))
    #expect(!range.coversFrame(at: 0x50_FF8))
  }

  @Test("The window has ranges too, and no part of memory goes on into another")
  func parts() throws {
    let window: UInt64 = (1 << 47) - 0x2000
    let memory = try Self.memory([window >> 12, (window >> 12) + 1, (1 << 28) - 1])
    let range = Subject(memory)
    let bank = range.bank
    #expect(range.coversFrame(at: window + 0x800))
    #expect(bank[RegisterBank.stackBase] == UInt64(memory.space.windowBase))
    // What can be read from there on would leave the window.
    #expect(!range.coversFrame(at: (1 << 47) - StackRange.reach + 8))
    #expect(!Self.passes(bank, (1 << 47) - StackRange.reach + 8))
    #expect(range.coversFrame(at: (1 << 47) - StackRange.reach))
    #expect(!range.coversFrame(at: (1 << 40) - 32))
    #expect(range.coversFrame(at: (1 << 40) - StackRange.frame))
    #expect(bank[RegisterBank.stackBase] == UInt64(UInt(bitPattern: memory.space.base)))
    // Not a page of any part that is flat.
    #expect(!range.coversFrame(at: 1 << 46))
  }
}
