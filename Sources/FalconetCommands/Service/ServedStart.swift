import FalconetLibc
import FalconetMachine
import FalconetOracle
import FalconetRun
import FalconetSnapshots
import FalconetStreams
import FalconetSystem
import FalconetTrace
import Keccak
import Logging
import SystemPackage

/// A run that starts from a state of the service, at the step that the run is for: what lies before it is
/// executed there, once for all questions of a game.
///
/// The run itself does all else, and writes all files, as it does without the service.
struct ServedStart {
  /// The state to start from, and a source that gives the host the last hint before it.
  let image: MemoryImage
  let oracle: any PreimageOracle

  /// What a run starts from without the service.
  struct Origin {
    let path: String
    let image: MemoryImage
    let plan: RunPlan
    let revision: Revision
    let source: PreimageSource
    let oracle: any PreimageOracle
  }

  /// Fewer steps than these are not worth asking for. A state takes about as long to send as 2,000,000 steps take
  /// to execute, but a short program whose questions all execute it would be executed many times.
  static let leastSteps: UInt64 = 100_000

  // MARK: Which runs

  /// The step that a run is for. Nil if it does something else on the way, so that it must execute all steps
  /// itself, or if the step is near.
  static func target(of plan: RunPlan, from first: UInt64) -> UInt64? {
    guard plan.preimageStop == nil, plan.checks.shadow == nil, !plan.tracesThreads,
      !plan.writesDeltas, plan.proofs.patterns.count <= 1, plan.stop.patterns.count <= 1
    else { return nil }
    let target: UInt64
    if case .at(let proof)? = plan.proofs.patterns.first {
      target = proof
    } else if plan.proofs.patterns.isEmpty, case .at(let stop)? = plan.stop.patterns.first {
      target = stop
    } else {
      return nil
    }
    // A run that stops before, or at no one step, ends elsewhere.
    if let stop = plan.stop.patterns.first {
      guard case .at(let step) = stop, step >= target else { return nil }
    }
    guard target > first, target - first >= leastSteps else { return nil }
    return target
  }

  // MARK: Asking

  /// Asks the service. Nil if the run is not one for it.
  static func find(
    _ origin: Origin, _ connect: () throws(ServiceFailure) -> ServiceConnection,
    load: (String) throws(CommandError) -> MemoryImage
  ) throws -> ServedStart? {
    let first = origin.image.state.scalars.step
    guard origin.path != "-", let target = target(of: origin.plan, from: first) else { return nil }
    let client = ServiceClient(try connect(), serving: origin.oracle)
    let game = try game(of: origin, client)
    try writeSnapshots(from: first, before: target, of: game, origin, client, load)
    let (image, hint) = try fetch(target, of: game, client, load)
    note(game, of: origin)
    guard let hint else { return ServedStart(image: image, oracle: origin.oracle) }
    let oracle = HintedOracle()
    oracle.connect(origin.oracle, isChecked: true)
    oracle.hint = hint
    return ServedStart(image: image, oracle: oracle)
  }

  /// Writes the snapshots that the run would have written on its way, up to the program's end.
  private static func writeSnapshots(
    from first: UInt64, before target: UInt64, of game: String, _ origin: Origin,
    _ client: ServiceClient, _ load: (String) throws(CommandError) -> MemoryImage
  ) throws {
    let (patterns, name) = (origin.plan.snapshots, origin.plan.snapshotName)
    guard !name.isEmpty else { return }
    if patterns.matches(first) {
      try Snapshot.save(origin.image, path: name.name(step: first), Interruption.cancellation)
    }
    var step = first
    while let distance = patterns.patterns.compactMap({ $0.distance(after: step) }).min(),
      distance < target - step
    {
      step += distance
      let (image, _) = try fetch(step, of: game, client, load)
      if image.state.scalars.exited { return }
      try Snapshot.save(image, path: name.name(step: step), Interruption.cancellation)
    }
  }

  /// Gets a state, by way of a file that nobody else can open.
  private static func fetch(
    _ step: UInt64, of game: String, _ client: ServiceClient,
    _ load: (String) throws(CommandError) -> MemoryImage
  ) throws -> (MemoryImage, hint: [UInt8]?) {
    let (directory, descriptor) = try UnfinishedName.makeDirectory(
      "falconet-state", in: FilePath(fileName: TemporaryDirectory.path))
    let path = directory.appending(fileName: "state.fsnap")
    defer {
      _ = path.fileName.withFileName { unlink($0) }
      _ = directory.fileName.withFileName { rmdir($0) }
      try? descriptor.close()
    }
    let sink = try FileSink(path: path.fileName)
    let state = try client.state(after: step, of: game) { (part) throws(ServiceFailure) in
      do throws(StreamError) { try sink.write(part) } catch {
        throw ServiceFailure(description: "\(error)")
      }
    }
    try sink.finish()
    let image = try load(path.fileName)
    guard image.state.scalars.step == state.step, image.state.scalars.step <= step,
      image.state.scalars.step == step || image.state.scalars.exited
    else { throw ServiceFailure(description: "the service sent another state than step \(step)") }
    return (image, state.lastHint)
  }

  // MARK: The game

  /// The game that the run is of. A run from a snapshot of an earlier one is of the same game, if that says so.
  private static func game(of origin: Origin, _ client: ServiceClient) throws -> String {
    let state = origin.image.state
    let claim = state.claim(witness: state.witness(memoryRoot: origin.image.memory.root()))
    if state.scalars.step > 0, let place = record(of: origin),
      let bytes = try? ByteReader(FileSource(path: place)).readAll(limit: 4096),
      let game = try? ServiceText.members(bytes)["game"],
      game.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }),
      try client.knows(claim, at: state.scalars.step - 1, of: game)
    {
      return game
    }
    return try client.open(
      prestate: claim, in: origin.path, identity: identity(of: origin.source),
      revision: origin.revision.name)
  }

  /// What names a source of pre-images, with its local inputs.
  static func identity(of source: PreimageSource) -> String? {
    var lines: [String]
    switch source.origin {
    case .none: lines = source.localInputs.isEmpty ? [] : ["none"]
    case .directory(let path): lines = ["directory", path.pathWithoutLinks ?? path]
    // What a relative path in it means depends on where the run was started.
    case .server(let command): lines = ["server", ".".pathWithoutLinks ?? "."] + command
    case .custom: return nil
    }
    for (index, value) in source.localInputs.sorted(by: { $0.key < $1.key }) {
      lines.append("local \(index) \(Keccak256.hash(value))")
    }
    if lines.isEmpty { return nil }
    return lines.map { $0.replacing("\\", with: "\\\\").replacing("\n", with: "\\n") }
      .joined(separator: "\n")
  }

  /// Where it is noted which game the runs of a directory are of.
  private static func record(of origin: Origin) -> String? {
    guard !origin.plan.output.isEmpty, origin.plan.output != "-" else { return nil }
    return FilePath(fileName: origin.plan.output).removingLastComponent()
      .appending(fileName: ".falconet-server.json").fileName
  }

  private static func note(_ game: String, of origin: Origin) {
    guard origin.image.state.scalars.step == 0, let path = record(of: origin),
      let text = try? ServiceText.object({ (json) throws(StreamError) in
        try json.member("game", game)
      })
    else { return }
    // Without the note, a run from a snapshot is a game of its own, which costs time alone.
    try? AtomicFile.write(path: path, compression: Compression.none) { (sink) throws(StreamError) in
      try sink.write(text)
    }
  }
}
