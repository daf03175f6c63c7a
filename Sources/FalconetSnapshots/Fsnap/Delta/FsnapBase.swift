import FalconetMachine
import FalconetStreams
import Keccak

/// What a delta says of its base: enough to find it and to tell it from any other, and no path.
package struct FsnapBaseName: Sendable, Equatable {
  /// The base's claim.
  package let claim: Bytes32
  /// The base's state version, which is the delta's too.
  package let version: StateVersion
  /// The digest of the base's page table.
  package let tableDigest: Bytes32

  /// Bytes of the encoding.
  static let byteCount = 65

  init(claim: Bytes32, version: StateVersion, tableDigest: Bytes32) {
    self.claim = claim
    self.version = version
    self.tableDigest = tableDigest
  }

  /// The name in the content of a section BASE: claim, state version, digest. Nil if the version
  /// is unknown.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount, let version = StateVersion(rawValue: bytes[32]),
      let claim = Bytes32(bytes[..<32]), let digest = Bytes32(bytes[33...])
    else { return nil }
    self.init(claim: claim, version: version, tableDigest: digest)
  }

  /// The content of a section BASE.
  func bytes(gone: [UInt64]) -> [UInt8] {
    var encoder = BigEndianBytes()
    encoder.append(contentsOf: claim.bytes)
    encoder.append(version.rawValue)
    encoder.append(contentsOf: tableDigest.bytes)
    for index in gone { encoder.append(index) }
    return encoder.bytes
  }
}

/// A snapshot that a delta can be written against: its name and its page table, 40 bytes a page.
package struct FsnapBase: Sendable {
  /// How the delta names it.
  package let name: FsnapBaseName
  /// Deltas between it and a full image: 0 if it is one, or in another format.
  package let depth: Int
  let table: PageTable

  init(name: FsnapBaseName, depth: Int, table: PageTable) {
    self.name = name
    self.depth = depth
    self.table = table
  }

  /// A state that is or will be in a file of any format that is no delta.
  package init(_ image: some StateImage) {
    let (table, root) = image.pageTable()
    let witness = image.state.witness(memoryRoot: root)
    self.init(
      name: FsnapBaseName(
        claim: image.state.claim(witness: witness), version: image.state.version,
        tableDigest: table.digest),
      depth: 0, table: table)
  }

  /// Whether a chain of deltas may go on from here. If not, a delta is written against an
  /// earlier snapshot of the chain, or a full image is.
  package var canBeBase: Bool { depth < FsnapFormat.maximumDepth }
}

/// Where the bases of deltas are looked for.
package enum FsnapBaseLocation: Sendable {
  /// Nowhere: a delta is an error.
  case nowhere
  /// Among the `.fsnap` files of the folder that this file is in.
  case beside(file: String)
  /// A snapshot in any format, or a folder of `.fsnap` files. The base's own base is looked for
  /// beside it.
  case named(String)
}
