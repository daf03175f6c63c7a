import Keccak
import Testing

/// Expected values come from pycryptodome's `Crypto.Hash.keccak`.
@Suite("Keccak-256")
struct KnownAnswerTests {
  private static func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: 7 * $0 + 3) }
  }

  @Test(
    "Hashes of text",
    arguments: [
      ("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
      ("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ])
  func text(_ text: String, _ hash: String) {
    #expect(Keccak256.hash(Array(text.utf8)) == Bytes32(hex: hash))
  }

  /// 136 bytes are a block.
  @Test(
    "Hashes of lengths around the block size",
    arguments: [
      (1, "69c322e3248a5dfc29d73c5b0553b0185a35cd5bb6386747517ef7e53b15e287"),
      (64, "0251cf13aa5b18f1cbda7cddbe85f3dc536fc93df590c2d20ca9b28af1ed2c39"),
      (135, "00ef96af9cf4b24c7f269d922294444a197d0a33638c2e56634c57e892103a8f"),
      (136, "742061bcad767ed4c4f5883b1dcb1aad11afdcc140dc469d953759b127b9f9ed"),
      (137, "e3371f61e770abf254c34239c3b0099ad90594507415bc81dd0a10b9692bbf2a"),
      (271, "4401c4afbe16ff911bdbf2d38e556e5b861f3fdf0f9d4306b1c46f6ae4f73584"),
      (272, "ac141fd7b0a0ffcd2e967254d508da3ec616596493c36fa304425647d90e6de5"),
      (273, "16192ea86793083e47731cb3c970600f04768414d92bc0540e54ce8607a0fce0"),
      (1000, "80cdc8dd52cbb3dbaea8f383209893fa2bb52efbd5aedbb4b26dcfe307fcdc9b"),
    ])
  func lengths(_ count: Int, _ hash: String) {
    #expect(Keccak256.hash(Self.pattern(count)) == Bytes32(hex: hash))
  }

  @Test("The hash of the hashes of all lengths below 600")
  func allLengths() {
    var hasher = Keccak256()
    for count in 0..<600 { hasher.update(Keccak256.hash(Self.pattern(count))) }
    #expect(
      hasher.finalize()
        == Bytes32(hex: "916376dcaa25857664f152e377e9977f06a3f39b9bed1eb364f8fa35f241a5bc"))
  }

  @Test("Parts of any size give the same hash", arguments: [1, 3, 8, 135, 136, 137, 500])
  func parts(_ size: Int) {
    let bytes = Self.pattern(1000)
    var hasher = Keccak256()
    for start in stride(from: 0, to: bytes.count, by: size) {
      hasher.update(Array(bytes[start..<min(start + size, bytes.count)]))
      hasher.update([])
    }
    #expect(hasher.finalize() == Keccak256.hash(bytes))
  }

  @Test("The hash of a node is that of its 64 bytes")
  func node() {
    let (left, right) = (Keccak256.hash([1]), Keccak256.hash([2]))
    #expect(Keccak256.hash(left, right) == Keccak256.hash(left.bytes + right.bytes))
  }
}
