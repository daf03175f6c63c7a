import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import FalconetTrace
import Keccak
import Testing

/// A recorded run as a trace.
struct RecordedTrace {
  let vector: Vector
  let source: TraceSource

  /// - Parameter preimages: a source other than the recorded one.
  init(
    _ version: StateVersion, _ guest: String,
    preimages other: (@Sendable () throws(PreimageError) -> any PreimageOracle)? = nil
  ) throws {
    vector = try Fixtures.vector(version, guest)
    let preimages = try vector.preimages.map { try Fixtures.preimages($0) } ?? [:]
    // Read from a file, as a prestate is: loading the program takes longer.
    let folder = try TemporaryFolder()
    let prestate = try Fixtures.prestate(version, guest)
    let path = folder.file("prestate.bin")
    try Snapshot.save(MemoryImage(state: prestate.state, memory: prestate.memory), path: path)
    source = TraceSource(
      prestate: { [folder] () throws(StreamError) in
        try Snapshot.load(path: folder.file("prestate.bin"))
      },
      identity: { "v\(version.rawValue) \(guest)" }, sourceIdentity: guest,
      preimages: other ?? { DictionaryOracle(preimages) })
  }

  /// Indices whose claims are recorded, and the claims.
  var claims: [(index: UInt64, claim: Bytes32)] {
    vector.checkpoints.flatMap { checkpoint in
      (checkpoint.step > 0 ? [(checkpoint.step - 1, checkpoint.before)] : [])
        + [(checkpoint.step, checkpoint.after)]
    }
  }

  /// What ``fill(_:)`` opens directories with.
  static let fillOptions = TraceOptions(snapshotInterval: 200_000)

  /// Makes a folder the trace's directory, with files of all kinds.
  func fill(_ folder: TemporaryFolder) throws {
    let trace = try TraceProvider(directory: folder.path, source, Self.fillOptions)
    _ = try trace.lastStep()
    _ = try trace.step(at: 7)
    #expect(try trace.status().snapshots.contains(400_000))
  }
}

extension TraceProvider {
  /// Asks as a challenger does who looks for the step where two traces part, then for its step
  /// data.
  ///
  /// - Parameter wanted: that step.
  func bisect(to wanted: UInt64, depth: Int, body: (TraceClaim) throws -> Void = { _ in }) throws {
    var (low, high) = (UInt64(0), UInt64(1) << UInt64(depth))
    while high - low > 1 {
      let middle = (low + high) / 2
      try body(claim(at: middle - 1))
      if middle <= wanted { low = middle } else { high = middle }
    }
    _ = try step(at: wanted)
  }
}
