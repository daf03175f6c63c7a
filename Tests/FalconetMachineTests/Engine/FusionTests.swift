import FalconetTestSupport
import FalconetVectors
import Testing

@testable import FalconetMachine

/// A block of the portable engine that belongs to the test, with registers and a page of memory.
///
/// Safety: the operations are written inside the allocation. Addresses outside the page have a bit of the bank's
/// `outside` entries, which all have those from 12 on.
private struct HandMadeBlock {
  static let operationCount = 16
  let operations = UnsafeMutablePointer<PortableOperation>.allocate(capacity: operationCount)
  let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 16)
  let flags = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
  let bank = RegisterBank()
  let jumpTable: JumpTable

  init() throws {
    jumpTable = try #require(
      JumpTable(
        codeStart: UInt(bitPattern: operations), missing: 14 * PortableOperation.stride))
    bank[RegisterBank.jumpTable] = UInt64(jumpTable.address)
    let outside: UInt64 = ~0xFFF
    bank[RegisterBank.outside1] = outside
    bank[RegisterBank.outside2] = outside | 1
    bank[RegisterBank.outside4] = outside | 3
    bank[RegisterBank.outside8] = outside | 7
  }

  func deallocate() {
    operations.deallocate()
    memory.deallocate()
    flags.deallocate()
    bank.deallocate()
  }

  /// Writes operations, whose handlers are those that they have alone but for the first, and an end at address 0x10
  /// or, behind an exit that is not taken, 0x20. A jump to address 0 ends at 0x30.
  func write(_ list: [PortableOperation], _ numbers: [UInt8], first: HandlerFunction?) {
    operations.initialize(repeating: PortableOperation(target: 0), count: Self.operationCount)
    for (index, operation) in list.enumerated() {
      operations[1 + index] = operation
      let handler = (index == 0 ? first : nil) ?? HandlerTable.all[Int(numbers[index])]
      operations[1 + index].target = unsafeBitCast(handler, to: UInt.self)
    }
    let trailer = 1 + list.count
    let leave = unsafeBitCast(HandlerTable.all[Int(PortableExit.leave)], to: UInt.self)
    let isExit = numbers.last.map { $0 >= PortableExit.jump } ?? false
    let ends = isExit ? [trailer + 2, trailer + 5] : [trailer]
    for (index, end) in ends.enumerated() {
      operations[end] = PortableOperation(target: leave)
      UnsafeMutableRawPointer(operations + end + 1).storeBytes(
        of: UInt64(0x10 * (index + 1)), as: UInt64.self)
    }
    operations[14] = PortableOperation(target: leave)
    UnsafeMutableRawPointer(operations + 15).storeBytes(of: 0x30, as: UInt64.self)
    guard isExit else { return }
    UnsafeMutableRawPointer(operations + trailer).storeBytes(
      of: (UnsafeRawPointer(operations + ends[0]), UnsafeRawPointer(operations + ends[1])),
      as: (UnsafeRawPointer, UnsafeRawPointer).self)
  }

  /// Runs the block with these registers and words of memory.
  ///
  /// - Returns: the bank and the memory.
  func run(_ registers: [UInt64], _ words: [UInt64], writable: Bool) -> [UInt64] {
    for index in 0..<64 where index < 34 || index > 58 { bank[UInt8(index)] = 0 }
    for (index, value) in registers.enumerated() { bank[UInt8(index)] = value }
    memory.initializeMemory(as: UInt64.self, repeating: 0, count: 512)
    for (index, value) in words.enumerated() {
      memory.storeBytes(of: value, toByteOffset: 8 * index, as: UInt64.self)
    }
    flags.pointee = writable ? PageFlags.directlyWritable.rawValue : 0
    Handler.enter(
      UnsafeRawPointer(operations + 1), UnsafeMutableRawPointer(bank.values), memory,
      UnsafeMutableRawPointer(flags), 5)
    return (0..<64).map { bank[UInt8($0)] }
      + (0..<512).map { memory.load(fromByteOffset: 8 * $0, as: UInt64.self) }
  }
}

@Suite("Handlers of several operations")
struct FusionTests {
  /// Operations that fit a fusion, with registers from a few.
  private static func operations(
    _ fusion: Fusion, _ random: inout SeededGenerator
  ) -> [PortableOperation] {
    let operands: [FusedOperand] = [.none, fusion.secondOperand, fusion.thirdOperand]
    var list: [PortableOperation] = []
    for (index, number) in fusion.numbers.enumerated() {
      var operation = PortableOperation(
        target: 0, destination: UInt8(1 + random.below(6)), first: UInt8(random.below(7)),
        second: UInt8(random.below(7)))
      let isPacked = Operation(rawValue: number).map(PortableOperation.packsOperation) ?? false
      let immediate = Int32(random.below(64))
      operation.immediate = isPacked ? Int32(number) << 16 | (immediate & ~7) : immediate
      switch operands[index] {
      case .none: break
      case .first: operation.first = list[index - 1].destination
      case .second: operation.second = list[index - 1].destination
      }
      list.append(operation)
    }
    return list
  }

  @Test("Each gives the registers, the memory and the next block that its operations give alone")
  func alone() throws {
    let block = try HandMadeBlock()
    defer { block.deallocate() }
    var random = SeededGenerator(seed: 18)
    for fusion in FusionTable.standard.fusions {
      var ends: Set<UInt64> = []
      for _ in 0..<100 {
        let list = Self.operations(fusion, &random)
        // Small numbers are addresses, and are often equal.
        let registers =
          [0]
          + (1..<34).map { _ in
            random.chance(3) ? random.next() : UInt64(random.below(8)) * 8
          }
        let words = (0..<32).map { _ in
          random.chance(3) ? random.next() : 0x1000_0000_0000_0000
        }
        let writable = !random.chance(8)
        block.write(list, fusion.numbers, first: nil)
        let expected = block.run(registers, words, writable: writable)
        block.write(list, fusion.numbers, first: fusion.handler)
        let seen = block.run(registers, words, writable: writable)
        try #require(seen == expected, "\(fusion.numbers)")
        ends.insert(expected[Int(RegisterBank.end)])
      }
      if fusion.numbers.last.map({ $0 >= PortableExit.conditions }) == true {
        #expect(ends == [0x10, 0x20], "\(fusion.numbers)")
      }
    }
  }

  @Test("No two take the same operations with the same operands, and none jumps to a result")
  func distinct() {
    var seen: Set<String> = []
    for fusion in FusionTable.standard.fusions {
      let name = "\(fusion.numbers) \(fusion.secondOperand) \(fusion.thirdOperand)"
      #expect(seen.insert(name).inserted, "\(name)")
      if fusion.second == PortableExit.indirect { #expect(fusion.secondOperand == .none) }
      if fusion.third == PortableExit.indirect { #expect(fusion.thirdOperand == .none) }
    }
  }

  @Test("Operations get the handler of as many as possible, and of those an operand comes from")
  func choice() throws {
    func target(_ handler: HandlerFunction) -> UInt { unsafeBitCast(handler, to: UInt.self) }
    let (load, add) = (Operation.ld.rawValue, Operation.dadd.rawValue)
    let fusions = FusionTable.standard.fusions
    let plain = try #require(
      fusions.first { $0.numbers == [load, add] && $0.secondOperand == .none })
    let chained = try #require(
      fusions.first { $0.numbers == [load, add] && $0.secondOperand == .first })
    let table = FusionTable([plain, chained])
    let list = UnsafeMutablePointer<PortableOperation>.allocate(capacity: 3)
    defer { list.deallocate() }
    for (base, expected) in [(5, plain), (7, chained)] as [(UInt8, Fusion)] {
      list[0] = PortableOperation(target: 1, destination: 7, first: 4)
      list[1] = PortableOperation(target: 2, destination: 8, first: base, second: 6)
      list[2] = PortableOperation(target: 3, destination: 9, first: 4)
      table.fuse(list, [load, add, load])
      #expect(list[0].target == target(expected.handler))
      #expect((list[1].target, list[2].target) == (2, 3))
    }
  }
}
