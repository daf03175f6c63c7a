import FalconetStreams
import Keccak

/// The records of a trace's log, of 44 bytes each, of which the last four are a checksum.
enum ClaimLogSeal {
  private static let size = 44
  private static let headerCount = 2

  /// Makes the checksums of all whole records right.
  static func seal(_ log: inout [UInt8]) {
    for start in stride(from: 0, through: log.count - size, by: size) {
      log.replaceSubrange(start + 40..<start + size, with: checksum(log[start..<start + 40]))
    }
  }

  /// Whether all records behind the header that are undamaged are true: claims of the guest, or what its
  /// trace's log says of inputs.
  static func isTruthful(_ log: [UInt8], _ bench: TraceBench) -> Bool {
    let known = Set(records(bench.files["claims.log"] ?? []))
    return records(log).dropFirst(headerCount).allSatisfy { record in
      guard record.suffix(4).elementsEqual(checksum(record.prefix(40))) else { return true }
      if known.contains(record) { return true }
      let index = record.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      return record.dropFirst(8).prefix(32).elementsEqual(bench.guest.claim(index).bytes)
    }
  }

  private static func records(_ log: [UInt8]) -> [[UInt8]] {
    stride(from: 0, through: log.count - size, by: size).map { Array(log[$0..<$0 + size]) }
  }

  static func checksum(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var checksum = CRC32()
    checksum.add(Array(bytes))
    return Packing.big(checksum.value)
  }
}
