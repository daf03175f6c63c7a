import FalconetStreams

/// A state of another program, in a file, which is removed with this object if the program wrote it.
package final class ForeignState {
  package let path: String
  package let status: ForeignStatus
  package let claim: [UInt8]
  package let witness: [UInt8]
  private let isTemporary: Bool

  init(_ path: String, _ summary: WitnessSummary, isTemporary: Bool) {
    self.path = path
    self.isTemporary = isTemporary
    status = ForeignStatus(
      step: summary.step, exited: summary.exited,
      exitCode: summary.exited ? summary.exitCode : nil)
    claim = summary.claim
    witness = summary.witness
  }

  deinit {
    if isTemporary { WorkDirectory.remove(path) }
  }
}

/// What Cannon's `witness` prints.
package struct WitnessSummary {
  package private(set) var claim: [UInt8] = []
  package private(set) var witness: [UInt8] = []
  package private(set) var step: UInt64 = 0
  package private(set) var exited = false
  package private(set) var exitCode: UInt64?
  /// The number of the state version. Older programs don't tell.
  package private(set) var version: UInt8?

  /// Bytes of a witness.
  private static let limit = 1 << 20

  package init(_ source: any ByteSource) throws(StreamError) {
    let json = JSONReader(ByteReader(source))
    var required: Set = ["witnessHash", "step", "exited"]
    try json.beginObject()
    while let key = try json.nextKey() {
      required.remove(key)
      switch key {
      case "witnessHash": claim = try json.readHex(maxBytes: 64)
      case "witness": witness = try json.readHex(maxBytes: Self.limit)
      case "step": step = try json.readUInt64()
      case "exited": exited = try json.readBool()
      case "exitCode": exitCode = try json.readUInt64()
      case "stateVersion": version = try json.readUInt8()
      default: try json.skipValue()
      }
    }
    try json.finish()
    guard required.isEmpty else {
      throw StreamError(
        .corrupt, path: source.name,
        message: "the output of witness lacks witnessHash, step or exited")
    }
  }
}
