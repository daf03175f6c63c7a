import FalconetMachine
import FalconetOracle
import Keccak
import Testing

@Suite struct DictionaryOracleTests {
  @Test func `Keys are the hashes with the type as first byte`() {
    // Of "hello": known values of both hashes.
    let hello = Array("hello".utf8)
    #expect(
      PreimageKey.keccak256(of: hello).description
        == "0x028aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8")
    #expect(
      PreimageKey.sha256(of: hello).description
        == "0x04f24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
    #expect(
      PreimageKey.sha256(of: []).description
        == "0x04b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func `A local key holds its index big-endian`() {
    #expect(
      PreimageKey.local(0x0102_0304_0506_0708).description
        == "0x01" + String(repeating: "00", count: 23) + "0102030405060708")
    for index in [0, 1, 255, 256, UInt64.max] {
      #expect(PreimageKey.localIndex(of: PreimageKey.local(index)) == index)
    }
  }

  @Test func `Only a key of type 1 with zeros before its index is a local key`() {
    #expect(PreimageKey.localIndex(of: key(2, 0)) == nil)
    #expect(PreimageKey.localIndex(of: key(0, 0)) == nil)
    var odd = PreimageKey.local(7)
    odd[23] = 1
    #expect(PreimageKey.localIndex(of: odd) == nil)
  }

  @Test func `What is inserted is served`() throws {
    var oracle = DictionaryOracle()
    let first = oracle.insert(keccak256: [1, 2, 3])
    let second = oracle.insert(sha256: [])
    let third = oracle.insert(local: 9, [4])
    #expect(try oracle.preimage(for: first) == [1, 2, 3])
    #expect(try oracle.preimage(for: second) == [])
    #expect(try oracle.preimage(for: third) == [4])
  }

  @Test func `A key that is not there is an error with key and last hint`() throws {
    var oracle = DictionaryOracle()
    try oracle.hint(Array("l1-block 7".utf8))
    let error = rejection(by: oracle, for: key(2))
    #expect(error?.kind == .missing)
    #expect(error?.key == key(2))
    #expect(error?.lastHint == Array("l1-block 7".utf8))
  }

  @Test func `Hints are kept in order, or not at all`() throws {
    var keeping = DictionaryOracle(keepsHints: true)
    var dropping = DictionaryOracle()
    for hint in [[1], [], [2, 3]] as [[UInt8]] {
      try keeping.hint(hint)
      try dropping.hint(hint)
    }
    #expect(keeping.hints == [[1], [], [2, 3]])
    #expect(dropping.hints.isEmpty)
  }

  @Test func `No oracle takes hints and has no pre-image`() throws {
    let oracle = NoPreimages()
    try oracle.hint([1, 2, 3])
    let error = rejection(by: oracle, for: key(2))
    #expect(error?.kind == .noSource)
    #expect(error?.key == key(2))
    #expect(error?.remedy == "give one")
  }
}
