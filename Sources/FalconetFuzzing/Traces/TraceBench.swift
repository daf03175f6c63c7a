import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetTrace
import Keccak

/// A trace whose claims are known, and its directory after everything was asked.
struct TraceBench: Sendable {
  let guest: SampleGuest
  let folder: FuzzFolder
  /// The files of the directory, by their names in it.
  let files: [String: [UInt8]]
  /// The steps of the states among them.
  let states: [UInt64]

  init() throws {
    guest = try SampleGuest(.v8)
    folder = try FuzzFolder()
    let trace = try Self.open(folder.file("t"), guest)
    for index in 0...guest.last { _ = try trace.claim(at: index) }
    for index in [1, 2, guest.last] { _ = try trace.step(at: index) }
    _ = try trace.lastStep()
    withExtendedLifetime(trace) {}
    files = folder.files(below: "t")
    states = files.keys.compactMap { name in
      name.hasSuffix(".fsnap") ? UInt64(name.dropFirst(10).dropLast(6)) : nil
    }.sorted()
  }

  /// Replaces what is in the directory.
  ///
  /// - Parameters:
  ///   - isFilled: whether the files of the trace are in it; else only the one that names the trace.
  ///   - isNamed: whether that one is.
  ///   - file: a file that has another content.
  func layOut(
    isFilled: Bool, isNamed: Bool = true, _ file: (name: String, bytes: [UInt8])? = nil
  ) throws {
    folder.clear()
    for name in ["t", "t/snapshots", "t/proofs", "t/quarantine"] { folder.makeFolder(name) }
    for (name, bytes) in files where isFilled || isNamed && name == "trace.json" {
      try folder.write(bytes, to: "t/" + name)
    }
    if let file { try folder.write(file.bytes, to: "t/" + file.name) }
  }

  func open() throws(TraceError) -> TraceProvider { try Self.open(folder.file("t"), guest) }

  private static func open(
    _ path: String, _ guest: SampleGuest
  ) throws(TraceError) -> TraceProvider {
    var source = TraceSource(
      prestate: { () throws(StreamError) in try guest.image() },
      identity: { "the guest" }, sourceIdentity: "its inputs",
      preimages: { () throws(PreimageError) in
        LocalInputs(SampleGuest.inputs, source: NoPreimages())
      })
    source.localInputs = { SampleGuest.inputs }
    return try TraceProvider(
      directory: path, source, TraceOptions(snapshotInterval: 8, engine: .step))
  }

  /// The indices that are asked for: some, and past the end.
  var indices: [UInt64] { [0, 1, 2, 7, 30, guest.last - 1, guest.last, guest.last + 1, .max] }

  /// What a trace answers, in order; nil for what it refuses.
  func answers(of trace: TraceProvider) throws -> [Bytes32?] {
    try indices.map { index in
      do { return try trace.claim(at: index).claim } catch let error as TraceError {
        try Self.check(error)
        return nil
      }
    }
  }

  var truth: [Bytes32?] { indices.map { guest.claim($0) } }

  /// Step data leads from a claim to the next, and holds.
  func checkSteps(of trace: TraceProvider) throws {
    for index in [1, 2, guest.last] {
      do {
        let step = try trace.step(at: index)
        guard try trace.claim(at: index).claim == step.claim else {
          try found("step data and claim differ at \(index)")
        }
        guard !step.isPastEnd else { continue }
        guard ProofVerifier.verify(step.proof).holds else {
          try found("wrong step data at \(index)")
        }
        guard try step.proof.pre == trace.claim(at: index - 1).claim else {
          try found("step data does not follow the claim before it at \(index)")
        }
      } catch let error as TraceError { try Self.check(error) }
    }
  }

  static func check(_ error: TraceError) throws {
    if error.description.isEmpty { try found("an error without a text") }
  }
}
