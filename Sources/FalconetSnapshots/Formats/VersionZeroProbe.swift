import FalconetMachine
import FalconetStreams

/// Whether the first bytes of a file fit the two formats of version 0 that begin with byte 0.
///
/// `.bin` has a number of pages at byte 1, `pr7559` the length of the memory, and what follows must
/// lie where these say: page indices inside the address space and none twice, lengths, the `exited`
/// byte, and where the file ends, its end. A file of either format always fits its own.
struct VersionZeroProbe {
  private static let version = StateVersion.v0
  private static let pageLimit: UInt64 = 1 << UInt64(version.wordSize.pageIndexBits)
  private static let pageSize = UInt64(Memory.pageSize)

  /// Bytes that are looked at: as many as the reader's buffer holds.
  private static let lookAhead = ByteReader.defaultCapacity

  /// The file's first bytes.
  private let bytes: [UInt8]
  /// Whether they are all of it.
  private var isWhole: Bool

  init(_ reader: ByteReader) throws(StreamError) {
    bytes = try reader.peek(upTo: Self.lookAhead)
    isWhole = bytes.count < Self.lookAhead
  }

  /// The same file, if more followed.
  var cut: VersionZeroProbe {
    var probe = self
    probe.isWhole = false
    return probe
  }

  /// Whether the file fits Cannon's binary format.
  var fitsBinary: Bool {
    guard let count = word(at: 1) else { return !isWhole }
    guard count <= Self.pageLimit else { return false }
    var seen: Set<UInt64> = []
    var position: UInt64 = 5
    for _ in 0..<count {
      guard let index = word(at: position) else { return !isWhole }
      guard index < Self.pageLimit, seen.insert(index).inserted else { return false }
      position += 4 + Self.pageSize
    }
    return fitsState(at: position)
  }

  /// Whether the file fits the format of the proposal.
  var fitsPR7559: Bool {
    guard let length = word(at: 1), bytes.count > 5 else { return !isWhole }
    guard length > 0, bytes[5] == 0 else { return false }
    let end = 5 + length
    var seen: Set<UInt64> = []
    var position: UInt64 = 6
    while position < end {
      guard let index = word(at: position), let count = word(at: position + 4) else {
        return !isWhole
      }
      guard index < Self.pageLimit, seen.insert(index).inserted, count <= Self.pageSize else {
        return false
      }
      position += UInt64(PR7559.pageHeader) + count
    }
    return position == end && fitsState(at: end)
  }

  /// Whether the file, as `pr7559`, has no pages. That it fits says little then: a `.bin` of one
  /// page that was cut short may fit as well, with the page taken for the state.
  var hasNoPagesAsPR7559: Bool { word(at: 1) == 1 }

  /// Whether a state can begin at an offset, and end where the file does.
  private func fitsState(at start: UInt64) -> Bool {
    var position = start
    for field in Self.version.snapshotLayout.fields {
      if field == .exited, let value = byte(at: position), value > 1 { return false }
      if field == .lastHint {
        guard let count = word(at: position) else { return !isWhole }
        position += 4 + count
      } else {
        position += UInt64(field.byteCount(in: Self.version))
      }
    }
    let known = UInt64(bytes.count)
    return isWhole ? position == known : position >= known
  }

  private func byte(at offset: UInt64) -> UInt8? {
    offset < UInt64(bytes.count) ? bytes[Int(offset)] : nil
  }

  /// The big-endian 32-bit integer at an offset, if the bytes reach so far.
  private func word(at offset: UInt64) -> UInt64? {
    guard offset + 4 <= UInt64(bytes.count) else { return nil }
    return bytes[Int(offset)..<Int(offset) + 4].bigEndian
  }
}
