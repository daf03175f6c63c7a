import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetTestSupport
import Keccak

/// A list of pre-images that the guest `oracle` reads, hint by hint, for a server to serve.
struct PreimageList {
  /// The list itself, and its blocks in order.
  let values: [[UInt8]]
  /// Local inputs.
  let locals: [UInt64: [UInt8]]

  /// - Parameters:
  ///   - count: how many blocks.
  ///   - seed: blocks of one seed are the same in lists of any length.
  ///   - other: how many blocks of each ten are others than the seed's.
  init(count: Int, seed: UInt64 = 1, other: Int = 0) {
    var generator = SeededGenerator(seed: seed)
    var others = SeededGenerator(seed: seed ^ 0xFFFF_0000)
    var blocks: [[UInt8]] = []
    for number in 0..<count {
      // Trie nodes of 32 to 532 bytes, and now and then a receipt or a contract.
      let size = number % 100 == 99 ? 2000 + 200 * (number / 100 % 100) : 32 + generator.below(501)
      let usual = generator.bytes(size)
      let unusual = others.bytes(size)
      blocks.append(number % 10 < other ? unusual : usual)
    }
    let list = blocks.flatMap { PreimageKey.sha256(of: $0).bytes }
    let sum = blocks.reduce(UInt64(0)) { sum, block in block.reduce(sum) { $0 + UInt64($1) } }
    values = [list] + blocks
    locals = [
      1: PreimageKey.sha256(of: list).bytes,
      2: (0..<8).map { UInt8(truncatingIfNeeded: sum >> (56 - 8 * UInt64($0))) },
    ]
  }

  /// The file that `flaky.py` reads.
  var records: [UInt8] {
    var bytes: [UInt8] = []
    for (index, value) in locals.sorted(by: { $0.key < $1.key }) {
      Self.add(PreimageKey.local(index), value, to: &bytes)
    }
    for value in values { Self.add(PreimageKey.sha256(of: value), value, to: &bytes) }
    return bytes
  }

  static func add(_ key: Bytes32, _ value: [UInt8], to bytes: inout [UInt8]) {
    bytes += key.bytes + (0..<4).map { UInt8(truncatingIfNeeded: value.count >> (24 - 8 * $0)) }
    bytes += value
  }

  /// `--local` for both inputs.
  var flags: [String] { locals.flatMap { ["--local", "\($0.key)=0x" + Hex.encode($0.value)] } }
}
