import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Keccak
import Testing

@Suite struct CheckedOracleTests {
  @Test func `Right pre-images of types 2 and 4 pass`() throws {
    var generator = SeededGenerator(seed: 1)
    var source = DictionaryOracle()
    var expected: [Bytes32: [UInt8]] = [:]
    for size in [0, 1, 31, 32, 33, 135, 136, 137, 1000, 100_000] {
      let bytes = generator.bytes(size)
      expected[source.insert(keccak256: bytes)] = bytes
      expected[source.insert(sha256: bytes)] = bytes
    }
    var oracle = CheckedOracle(source)
    for (key, bytes) in expected { #expect(try oracle.preimage(for: key) == bytes) }
  }

  @Test(arguments: [2, 4] as [UInt8])
  func `A wrong pre-image names the key and what it is the pre-image of`(type: UInt8) throws {
    let wrong: [UInt8] = [1, 2, 3]
    let asked = key(type)
    var oracle = CheckedOracle(DictionaryOracle([asked: wrong]))
    try oracle.hint([7])
    let actual = type == 2 ? PreimageKey.keccak256(of: wrong) : PreimageKey.sha256(of: wrong)
    let error = rejection(by: oracle, for: asked)
    #expect(error?.kind == .wrong)
    #expect(error?.key == asked)
    #expect(error?.lastHint == [7])
    #expect(error?.message.contains(actual.description) == true)
  }

  @Test(arguments: [2, 4] as [UInt8])
  func `Every changed bit of a pre-image is found`(type: UInt8) {
    let right: [UInt8] = [0xDE, 0xAD, 0xBE, 0xEF]
    let asked = type == 2 ? PreimageKey.keccak256(of: right) : PreimageKey.sha256(of: right)
    for bit in 0..<32 {
      var changed = right
      changed[bit / 8] ^= 1 << (bit % 8)
      #expect(
        rejection(by: CheckedOracle(DictionaryOracle([asked: changed])), for: asked)?.kind == .wrong
      )
    }
    for changed in [[], Array(right.dropLast()), right + [0]] {
      #expect(
        rejection(by: CheckedOracle(DictionaryOracle([asked: changed])), for: asked)?.kind == .wrong
      )
    }
  }

  @Test(arguments: [0, 1, 3, 5, 6, 7, 255] as [UInt8])
  func `Types that can't be verified pass as they are`(type: UInt8) throws {
    var oracle = CheckedOracle(DictionaryOracle([key(type): [1, 2]]))
    #expect(try oracle.preimage(for: key(type)) == [1, 2])
  }

  @Test func `The source's own error passes`() {
    #expect(rejection(by: CheckedOracle(NoPreimages()), for: key(2))?.kind == .noSource)
  }
}

@Suite struct LocalInputsTests {
  @Test func `Given inputs come first, and the source answers the rest`() throws {
    var source = DictionaryOracle(keepsHints: true)
    source.insert(local: 1, [9, 9])
    source.insert(local: 2, [2])
    let hashed = source.insert(sha256: [3])
    var oracle = LocalInputs([1: [1], 5: []], source: source)
    #expect(try oracle.preimage(for: PreimageKey.local(1)) == [1])
    #expect(try oracle.preimage(for: PreimageKey.local(5)) == [])
    #expect(try oracle.preimage(for: PreimageKey.local(2)) == [2])
    #expect(try oracle.preimage(for: hashed) == [3])
    #expect(rejection(by: oracle, for: PreimageKey.local(3))?.kind == .missing)
    try oracle.hint([8])
    #expect((oracle.source as? DictionaryOracle)?.hints == [[8]])
  }

  @Test func `A key of type 1 that is no index goes to the source`() throws {
    var odd = PreimageKey.local(1)
    odd[5] = 1
    var oracle = LocalInputs([1: [1]], source: DictionaryOracle([odd: [7]]))
    #expect(try oracle.preimage(for: odd) == [7])
  }
}
