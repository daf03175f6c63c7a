import FalconetMachine
import FalconetStreams
import Keccak

/// The header of a `.fsnap` file: the claim, the witness that it is the hash of, and the counts.
///
/// Integers are big-endian. W is the witness's size, which the state version sets.
///
/// | offset | bytes | field |
/// | --- | --- | --- |
/// | 0 | 32 | claim |
/// | 32 | 8 | magic number |
/// | 40 | 1 | format version |
/// | 41 | 1 | state version |
/// | 42 | 8 | step |
/// | 50 | 2 | W |
/// | 52 | W | witness |
/// | 52+W | 1 | depth: 0 a full image, 1 to 64 a delta |
/// | 53+W | 2 | pages per block |
/// | 55+W | 8 | pages of the state |
/// | 63+W | 8 | pages in this file |
/// | 71+W | 32 | digest of the state's page table |
/// | 103+W | 8 | bytes of the trailer, which ends the file |
/// | 111+W | 4 | CRC-32 of bytes 0 to 110+W |
package struct FsnapHeader: Sendable, Equatable {
  /// The claim: the witness's hash with the VM status in byte 0.
  package let claim: Bytes32
  /// The version of the state.
  package let version: StateVersion
  /// The bytes that the claim is the hash of.
  package let witness: [UInt8]
  /// How many deltas lie between this file and a full image, itself counted: 0 is a full image.
  package let depth: Int
  /// Pages of each block but the last.
  package let pagesPerBlock: Int
  /// Pages of the state.
  package let pageCount: UInt64
  /// Pages in this file: of a full image all, of a delta those that changed.
  package let storedPageCount: UInt64
  /// The digest of the state's page table: see ``PageTable/digest``.
  package let tableDigest: Bytes32

  /// Bytes before the witness.
  static let fixedByteCount = 52
  /// Bytes after the witness.
  static let tailByteCount = 63

  /// Whether the file holds only what changed since another.
  package var isDelta: Bool { depth > 0 }

  /// Steps executed.
  package var step: UInt64 { field(.step) }

  /// The Merkle root of the state's memory: the first 32 bytes of every witness.
  package var memoryRoot: Bytes32 { Bytes32(witness.prefix(32)) ?? Bytes32() }

  /// The VM status that the witness tells.
  package var status: VMStatus {
    guard field(.exited) == 1 else { return .unfinished }
    return VMStatus(exitCode: UInt8(truncatingIfNeeded: field(.exitCode)))
  }

  /// Pages of the address space.
  var pageLimit: UInt64 { 1 << UInt64(version.wordSize.pageIndexBits) }

  /// Blocks in this file.
  var blockCount: UInt64 {
    storedPageCount / UInt64(pagesPerBlock)
      + (storedPageCount % UInt64(pagesPerBlock) == 0 ? 0 : 1)
  }

  /// Bytes of the trailer: a section with 8 bytes for each block.
  var trailerByteCount: UInt64 { blockCount * 8 + UInt64(SectionHeading.overhead) }

  /// Bytes of the header.
  var byteCount: Int { Self.fixedByteCount + witness.count + Self.tailByteCount }

  /// The claim that belongs to a witness of this status.
  var expectedClaim: Bytes32 {
    var hash = Keccak256.hash(witness)
    hash[0] = status.rawValue
    return hash
  }

  /// The pages of a block.
  func pages(inBlock number: UInt64) -> Int {
    let before = number &* UInt64(pagesPerBlock)
    return Int(min(UInt64(pagesPerBlock), storedPageCount &- before))
  }

  /// A numeric field of the witness.
  private func field(_ field: StateField) -> UInt64 {
    var offset = 0
    for other in version.witnessLayout.fields {
      let count = other.byteCount(in: version)
      if other == field {
        return witness[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
      }
      offset += count
    }
    return 0
  }
}

extension FsnapHeader {
  /// The header as it is in the file.
  var bytes: [UInt8] {
    var encoder = BigEndianBytes()
    encoder.append(contentsOf: claim.bytes)
    encoder.append(contentsOf: FsnapFormat.magic)
    encoder.append(FsnapFormat.version)
    encoder.append(version.rawValue)
    encoder.append(step)
    encoder.append(UInt16(witness.count))
    encoder.append(contentsOf: witness)
    encoder.append(UInt8(depth))
    encoder.append(UInt16(pagesPerBlock))
    encoder.append(pageCount)
    encoder.append(storedPageCount)
    encoder.append(contentsOf: tableDigest.bytes)
    encoder.append(trailerByteCount)
    var checksum = CRC32()
    checksum.add(encoder.bytes)
    encoder.append(checksum.value)
    return encoder.bytes
  }

  /// The checksum at the header's end, which those of all sections begin with.
  var checksum: UInt32 {
    bytes.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }
}
