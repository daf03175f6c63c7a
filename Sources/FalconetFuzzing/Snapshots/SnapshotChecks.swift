import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Keccak

/// What every reader of snapshots promises, whatever the bytes.
struct SnapshotChecks: Sendable {
  /// What is compared between two readings.
  struct Reading: Equatable {
    var claim: Bytes32
    var state: MachineState

    init(claim: Bytes32, state: MachineState) {
      self.claim = claim
      self.state = state
    }

    init(_ image: MemoryImage) {
      state = image.state
      claim = state.claim(witness: state.witness(memoryRoot: image.memory.root()))
    }
  }

  typealias Result = Outcome<Reading, StreamError.Kind>

  private let format: SnapshotFormat
  private let bases: FsnapBaseLocation

  init(of format: SnapshotFormat, bases: FsnapBaseLocation = .nowhere) {
    self.format = format
    self.bases = bases
  }

  /// Reads a snapshot in two ways, which must agree, and writes what was read in every format that
  /// can hold it, which must be read again as the same.
  ///
  /// - Returns: the state and its memory, if the bytes are a snapshot.
  @discardableResult
  func run(_ bytes: [UInt8]) throws -> MemoryImage? {
    let claimed = try claim(of: bytes, format)
    let loaded = load(bytes)
    guard claimed == loaded.result else {
      try found("claimed \(claimed), loaded \(loaded.result)")
    }
    try checkDetection(bytes, claimed)
    guard let reading = claimed.value, let image = loaded.image else { return nil }
    for target in SnapshotFormat.allCases { try checkRewriting(image, reading, as: target) }
    return image
  }

  /// Writes a state that was made otherwise in every format, which must be read again as the same.
  static func check(_ image: MemoryImage) throws {
    let reading = Reading(image)
    let checks = SnapshotChecks(of: .bin)
    for target in SnapshotFormat.allCases { try checks.checkRewriting(image, reading, as: target) }
  }

  /// The claim of a snapshot whose format goes by its content.
  static func detect(_ bytes: [UInt8]) throws -> Outcome<Bytes32, StreamError.Kind> {
    let calculator = ClaimCalculator()
    do throws(StreamError) {
      try Snapshot.read(MemorySource(bytes), into: calculator)
    } catch { return .refused(error.kind) }
    guard let claim = calculator.claim else { try found("a snapshot without an end") }
    return .accepted(claim)
  }

  /// Goes by the content: it may be found to be ambiguous, but not another state of the format.
  private func checkDetection(_ bytes: [UInt8], _ claimed: Result) throws {
    let calculator = ClaimCalculator()
    let reading = SnapshotReading(bases: bases)
    guard let format = try? Snapshot.read(MemorySource(bytes), reading, into: calculator) else {
      return
    }
    guard let state = calculator.state, let claim = calculator.claim else {
      try found("a snapshot without an end")
    }
    guard format != self.format || claimed == .accepted(Reading(claim: claim, state: state))
    else { try found("detected as \(format), and read differently") }
  }

  private func checkRewriting(
    _ image: MemoryImage, _ reading: Reading, as target: SnapshotFormat
  ) throws {
    let sink = MemorySink()
    do throws(StreamError) {
      try Snapshot.write(image, to: sink, as: target)
    } catch {
      let isOld = image.state.version == .v0
      // Hints in JSON are bounded.
      if target == .bin || target == .fsnap || (isOld && error.kind != .tooLarge) {
        try found("\(target) can't be written: \(error)")
      }
      return
    }
    let again = try claim(of: sink.bytes, target)
    guard again == .accepted(reading) else { try found("\(target): \(again), not \(reading)") }
  }

  private func claim(of bytes: [UInt8], _ format: SnapshotFormat) throws -> Result {
    let calculator = ClaimCalculator()
    do throws(StreamError) {
      try Snapshot.read(
        MemorySource(bytes), SnapshotReading(from: format, bases: bases), into: calculator)
    } catch { return .refused(error.kind) }
    guard let state = calculator.state, let claim = calculator.claim else {
      try found("a snapshot without an end")
    }
    return .accepted(Reading(claim: claim, state: state))
  }

  /// Loads a snapshot from a source that hands out few bytes at a time.
  private func load(_ bytes: [UInt8]) -> (result: Result, image: MemoryImage?) {
    do throws(StreamError) {
      let image = try Snapshot.load(
        from: MemorySource(bytes, chunk: 7), SnapshotReading(from: format, bases: bases))
      return (.accepted(Reading(image)), image)
    } catch { return (.refused(error.kind), nil) }
  }
}
