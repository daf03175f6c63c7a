import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Keccak
import Testing

@Suite("Hints of any length")
struct LongHintTests {
  private static func image(_ version: StateVersion, _ count: UInt64) -> MachineImage {
    call(version, number(version, 4004, 5001), 4, 0x8000, count & version.wordSize.mask)
  }

  /// What a source got: lengths, and the sum of the bytes.
  private final class Taker: PreimageOracle {
    var hints: [[UInt8]] = []
    var long: [(count: Int, last: [UInt8])] = []

    func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] { [] }
    func hint(_ hint: [UInt8]) throws(PreimageError) { hints.append(hint) }
    func longHint(_ hint: LongHint) throws(PreimageError) {
      long.append((hint.count, try hint.bytes(hint.count - 2..<hint.count)))
    }
  }

  @Test(
    "An unfinished hint of more than 64 MiB is no reason to stop", arguments: StateVersion.allCases)
  func unfinished(_ version: StateVersion) throws {
    let count: UInt64 = 0x400_0001
    var image = Self.image(version, count)
    image.write([0x7F, 0xFF, 0xFF, 0xFF, 1, 2, 3], at: 0x8000)
    for kind in EngineKind.allCases {
      let machine = try image.machine(kind)
      _ = try machine.run(until: 1)
      var expected = image.answered(count)
      expected.lastHint = machine.state.lastHint
      #expect(machine.state == expected)
      #expect(machine.state.lastHint.count == Int(count))
      #expect(try machine.state.lastHint.bytes(0..<8) == [0x7F, 0xFF, 0xFF, 0xFF, 1, 2, 3, 0])
    }
    let taker = Taker()
    let machine = try image.machine(EngineKind.translator, oracle: taker)
    _ = try machine.run(until: 1)
    #expect(taker.hints.isEmpty && taker.long.isEmpty)
    // Nothing of it is in a witness.
    let witness = try #require(try image.machine(EngineKind.step).prove())
    let step = try StatelessStep(
      StatelessStep.Input(stateData: witness.stateData, proofData: witness.proofData),
      revision: version.newestRevision)
    #expect(step.after.claim == witness.post)
  }

  @Test(
    "A count of all ones ends at once if nobody takes hints", arguments: StateVersion.allCases)
  func allOnes(_ version: StateVersion) throws {
    let count = version.wordSize.mask
    var image = Self.image(version, .max)
    image.write([0, 0, 0, 1, 9, 0xFF, 0xFF, 0xFF, 0xFE, 7], at: 0x8000)
    let machine = try image.machine(EngineKind.translator)
    _ = try machine.run(until: 1)
    var expected = image.answered(count)
    expected.lastHint = machine.state.lastHint
    #expect(machine.state == expected)
    if version.wordSize == .bits32 {
      // The second hint has fewer bytes behind it than its length.
      #expect(machine.state.lastHint.count == Int(count) - 5)
      #expect(try machine.state.lastHint.bytes(0..<5) == [0xFF, 0xFF, 0xFF, 0xFE, 7])
    } else {
      // Past empty hints, up to what the code at 0x1000 says from its fourth byte on.
      #expect(machine.state.lastHint.count == 0x7FFF - 0x1003)
      #expect(try machine.state.lastHint.bytes(0..<5) == [0x0C, 0, 0, 0, 0x0D])
    }
  }

  @Test("A host gets hints of any length in parts, up to the limit")
  func taken() throws {
    var image = Self.image(.v8, (20 << 20) + 4 + 7)
    image.write([0x01, 0x40, 0, 0], at: 0x8000)
    image.write([5, 6, 0, 0, 0, 1, 8, 0, 0], at: 0x8000 + 4 + (20 << 20) - 2)
    let taker = Taker()
    let machine = try image.machine(EngineKind.translator, oracle: taker)
    machine.hintLimit = (20 << 20) + 10
    let before = machine.state
    #expect(throws: MachineError.self) { try machine.run(until: 1) }
    #expect(machine.state == before)
    machine.hintLimit += 1
    _ = try machine.run(until: 1)
    #expect(taker.long.map(\.count) == [20 << 20])
    #expect(taker.long.first?.last == [5, 6])
    #expect(taker.hints == [[8]])
    #expect(try machine.state.lastHint.bytes(0..<2) == [0, 0])
    #expect(machine.state.lastHint.count == 2)
  }

  @Test("A source that takes a hint in one piece gets 1 GiB at most, and the state is kept beyond")
  func onePiece() throws {
    var image = Self.image(.v8, (1 << 30) + 5)
    image.write([0x40, 0, 0, 1], at: 0x8000)
    let machine = try image.machine(
      EngineKind.translator, oracle: DictionaryOracle([:], keepsHints: true))
    let before = machine.state
    let error = #expect(throws: MachineError.self) { try machine.run(until: 1) }
    guard case .preimage(let failure, 0, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(failure.message.contains("1073741825 bytes") && failure.message.contains("1073741824"))
    #expect(machine.state == before)
  }

  @Test("Values that share a file don't change one another")
  func shared() throws {
    var first = PendingHint()
    let part = [UInt8](repeating: 7, count: 9 << 20)
    func add(_ bytes: [UInt8], to hint: inout PendingHint) throws {
      try bytes.withUnsafeBytes { try hint.append($0) }
    }
    try add(part, to: &first)
    try add(part, to: &first)
    var second = first
    try add([1], to: &first)
    try add([2], to: &second)
    try second.appendZeros(3)
    #expect(first.count == (18 << 20) + 1 && second.count == (18 << 20) + 4)
    #expect(try first.bytes((18 << 20) - 1..<first.count) == [7, 1])
    #expect(try second.bytes((18 << 20) - 1..<second.count) == [7, 2, 0, 0, 0])
    #expect(first != second)
    #expect(first.digest != second.digest)
    var same = second
    try same.appendZeros(1)
    try second.appendZeros(1)
    #expect(same == second && same.digest == second.digest)
  }

  @Test("Of bytes in files each is compared", arguments: [0, 1, 1 << 20, (17 << 20) - 1])
  func compared(_ place: Int) throws {
    func hint(_ byte: UInt8) throws -> PendingHint {
      var hint = PendingHint()
      try hint.appendZeros(place)
      try [byte].withUnsafeBytes { try hint.append($0) }
      try hint.appendZeros((17 << 20) - 1 - place)
      return hint
    }
    #expect(try hint(1) != hint(2) && hint(1).digest != hint(2).digest)
    #expect(try hint(1) == hint(1) && hint(1).digest == hint(1).digest)
  }

  @Test(
    "Output of any length is shown in part, and the step goes on", arguments: StateVersion.allCases)
  func output(_ version: StateVersion) throws {
    let image = call(version, number(version, 4004, 5001), 1, 0x8000, version.wordSize.mask)
    let machine = try image.machine(EngineKind.translator)
    final class Count { var count = 0 }
    let shown = Count()
    machine.onOutput = { shown.count += $1.count }
    _ = try machine.run(until: 1)
    #expect(machine.state == image.answered(version.wordSize.mask))
    #expect(shown.count == 1 << 26)
  }
}
