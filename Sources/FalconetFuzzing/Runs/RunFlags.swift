/// The flags of a run that four bytes choose.
struct RunFlags {
  static let size = 4
  /// The local inputs of the run.
  static let inputs: [UInt64: [UInt8]] = SampleGuest.inputs

  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func has(_ bit: UInt8, in byte: Int) -> Bool { bytes[byte] & bit != 0 }

  private var steps: UInt64 { UInt64(bytes[0] & 63) }
  /// Whether the state is an `.fsnap` file whose checksums are to be made right.
  var sealsState: Bool { has(64, in: 0) }
  private var trustsPages: Bool { has(128, in: 0) }
  var writesState: Bool { has(1, in: 1) }
  private var info: Int { Int(bytes[1] >> 1 & 3) }
  private var proves: Bool { has(8, in: 1) }
  private var saves: Bool { has(16, in: 1) }
  var keepsStates: Bool { has(32, in: 1) }
  private var profiles: Bool { has(64, in: 1) }
  private var writesStatistics: Bool { has(128, in: 1) }
  private var engine: String { ["translator", "portable", "step", "check"][Int(bytes[2] & 3)] }
  private var ending: String { [".bin", ".bin.gz", ".fsnap", ".fsnap"][Int(bytes[2] >> 2 & 3)] }
  private var writesDeltas: Bool { bytes[2] >> 2 & 3 == 3 && !keepsStates }
  private var confirms: Bool { has(16, in: 2) && proves }
  private var stopsAtReads: Bool { has(32, in: 2) }
  private var records: Bool { has(64, in: 2) }
  private var savesOnError: Bool { has(128, in: 2) }
  private var format: String { !keepsStates && has(1, in: 3) ? "json" : "text" }

  /// Bytes behind the flags that are the record of stored states.
  var recordSize: Int { keepsStates ? Int(bytes[3]) : 0 }

  var output: String { "out" + ending }

  func arguments(from start: UInt64, _ folder: FuzzFolder) -> [String] {
    var arguments = [
      "run", "--input", folder.file("state"), "--meta", "", "--log-level", "debug", "--log-format",
      format,
      "--output", writesState ? folder.file(output) : "",
      "--stop-at", "=\(start &+ steps)", "--engine", engine, "--local", "1=0x0102030405060708",
      "--hint-limit", "1MiB", "--max-memory", "64MiB",
      "--info-at", ["never", "always", "%7", "=\(start &+ 1),%3"][info],
      "--snapshot-fmt", folder.file("%d" + ending),
    ]
    if proves {
      arguments += ["--proof-at", "=\(start &+ 1)", "--proof-fmt", folder.file("proof-%d.json")]
    }
    if trustsPages { arguments += ["--trust-pages"] }
    if confirms { arguments += ["--confirm"] }
    if saves { arguments += ["--snapshot-at", "%5,=\(start &+ 2)"] }
    if writesDeltas { arguments += ["--snapshot-delta"] }
    if keepsStates { arguments += ["--keep-states", "2"] }
    if profiles {
      arguments += ["--profile", folder.file("profile.folded"), "--profile-interval", "3"]
    }
    if writesStatistics { arguments += ["--debug-info", folder.file("statistics.json")] }
    if stopsAtReads { arguments += ["--stop-at-preimage-type", "any"] }
    if records { arguments += ["--record-preimages", folder.file("recorded")] }
    if savesOnError { arguments += ["--save-on-error", folder.file("early" + ending)] }
    return arguments
  }

  /// Flags that have every part of a run do something.
  static func samples(recordSize: Int) -> [[UInt8]] {
    let record = UInt8(clamping: recordSize)
    return [
      [63, 0x0B, 0x03, 0], [40, 0x9D, 0x9C, 1], [20, 0x37, 0x48, record], [30, 0x4B, 0x31, 0],
      [9, 0x19, 0x0E, 0], [50, 0x81, 0x00, 0],
    ]
  }
}
