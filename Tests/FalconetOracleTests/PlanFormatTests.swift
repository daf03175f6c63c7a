import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetTestSupport
import Keccak
import Testing

@Suite("The file of a plan")
struct PlanFormatTests {
  private func key(_ type: UInt8, _ generator: inout SeededGenerator) -> Bytes32 {
    Bytes32(readingFrom: [type] + generator.bytes(31))
  }

  private func encoded(_ plan: PreimagePlan) throws -> [UInt8] {
    let sink = MemorySink()
    let writer = try PlanWriter(to: sink)
    for item in plan.items { try writer.add(item) }
    try writer.finish()
    return sink.bytes
  }

  private func decoded(_ bytes: [UInt8]) throws(StreamError) -> PlanReader.Result {
    try PlanReader.read(from: MemorySource(bytes, name: "plan"))
  }

  /// A plan with hints and keys of every form.
  private func sample(_ generator: inout SeededGenerator, _ count: Int) -> PreimagePlan {
    var items: [PreimagePlan.Item] = []
    for _ in 0..<count {
      let delay = generator.chance(3) ? generator.next() >> UInt64(generator.below(64)) : 0
      let digest = generator.bytes(32)
      let text = Hex.encode(digest)
      let hints: [[UInt8]] = [
        Array("l2-state-node 0x\(text)".utf8), Array("block \(text)".utf8), [],
        generator.bytes(generator.below(100)), Array(text.utf8), Array("a \(text.dropLast())".utf8),
        Array("A \(text.uppercased())".utf8), Array("l1-blob 0x\(text)\(text)00".utf8),
      ]
      items.append(PreimagePlan.Item(.hint(generator.pick(hints)), delay: delay))
      if generator.chance(2) {
        let key = Bytes32(readingFrom: [generator.pick([2, 4, 5, 6])] + digest.dropFirst())
        items.append(PreimagePlan.Item(.key(key), delay: generator.next() % 3))
      }
      if generator.chance(3) { items.append(PreimagePlan.Item(.key(key(2, &generator)))) }
    }
    return PreimagePlan(items)
  }

  @Test("What is written is read")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: 5)
    for count in [0, 1, 2, 10, 100, 3000] {
      let plan = sample(&generator, count)
      let result = try decoded(encoded(plan))
      #expect(result.fault == nil)
      #expect(result.plan == plan)
    }
  }

  @Test("A key that its hint names takes as much room as the hint's digits")
  func size() throws {
    var generator = SeededGenerator(seed: 6)
    var items: [PreimagePlan.Item] = []
    for _ in 0..<10_000 {
      let digest = generator.bytes(32)
      items.append(PreimagePlan.Item(.hint(Array("l2-state-node 0x\(Hex.encode(digest))".utf8))))
      items.append(PreimagePlan.Item(.key(Bytes32(readingFrom: [2] + digest.dropFirst()))))
    }
    #expect(try encoded(PreimagePlan(items)).count < 10_000 * 35)
  }

  @Test("A plan that is cut anywhere gives what comes before, or is no plan")
  func cut() throws {
    var generator = SeededGenerator(seed: 7)
    let plan = sample(&generator, 200)
    let bytes = try encoded(plan)
    var longest = 0
    for count in 0..<bytes.count {
      do {
        let result = try decoded(Array(bytes.prefix(count)))
        #expect(result.fault != nil)
        #expect(result.plan.items == Array(plan.items.prefix(result.plan.items.count)))
        longest = max(longest, result.plan.items.count)
      } catch { #expect(error.message == "it is not a plan") }
    }
    #expect(longest > 0)
  }

  @Test("Bytes that were changed are a plan, a part of one, or an error with a text")
  func changed() throws {
    var generator = SeededGenerator(seed: 8)
    let bytes = try encoded(sample(&generator, 50))
    for _ in 0..<(isLongRun ? 100_000 : 5_000) {
      var changed = bytes
      for _ in 0...generator.below(4) {
        changed[generator.below(bytes.count)] = UInt8(truncatingIfNeeded: generator.next())
      }
      do { _ = try decoded(changed) } catch { #expect(!error.description.isEmpty) }
    }
  }

  /// A frame of a plan with these entries.
  private func frame(_ entries: [UInt8], header: String = "falconet plan 1\n") throws -> [UInt8] {
    try Zstd.compress(Array(header.utf8) + entries)
  }

  @Test("Entries without sense end a plan at a fault, and cost no memory")
  func entries() throws {
    var generator = SeededGenerator(seed: 9)
    for round in 0..<(isLongRun ? 100_000 : 5_000) {
      var entries: [UInt8] = []
      for _ in 0..<generator.below(20) {
        entries.append(UInt8(generator.below(round % 2 == 0 ? 5 : 256)))
        entries += generator.bytes(generator.below(40)).map { round % 3 == 0 ? $0 & 0x8F : $0 }
      }
      _ = try decoded(frame(entries))
    }
    let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]
    for entries: [UInt8] in [
      [1, 0] + huge, [1] + huge + [0], [2, 0] + huge, [2, 0, 0] + huge, [4, 0, 2], [5], [0, 1],
      [0] + huge, [1, 0] + huge.dropLast() + [0x02], [1, 0, 0x80, 0x80, 0xC0, 0x00], [],
    ] {
      let result = try decoded(frame(entries))
      #expect(result.fault != nil || entries.first == 1, "\(entries)")
    }
    // An end, and something after it.
    #expect(try decoded(frame([0, 0])).fault == nil)
    #expect(try decoded(frame([0, 0, 0])).fault != nil)
    // Two hundred megabytes of entries in a small file.
    let bomb = try frame([UInt8](repeating: 1, count: 200 << 20))
    #expect(bomb.count < 100_000)
    let result = try decoded(bomb)
    #expect(result.fault != nil)
    #expect(result.plan.items.count <= 1 << 20)
  }

  @Test("Other files and other versions are told apart")
  func foreign() throws {
    for bytes in [[], Array("falconet plan 1\n".utf8), try Zstd.compress([1, 2, 3])] {
      #expect {
        try decoded(bytes)
      } throws: {
        ($0 as? StreamError)?.description.contains("plan: it is not a plan") == true
      }
    }
    #expect {
      try decoded(frame([0, 0], header: "falconet plan 2\n"))
    } throws: {
      ($0 as? StreamError)?.kind == .unsupported
    }
  }
}
