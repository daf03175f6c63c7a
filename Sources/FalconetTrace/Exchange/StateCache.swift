import FalconetMachine
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// States that the runs of one game cache for one another. Each question is a process of its own that
/// starts from the nearest snapshot of a directory, as op-challenger does it.
///
/// Which states: as for ``TraceProvider``, by the questions of all runs so far. They, and the states
/// that were cached, are in a hidden file; no other snapshot is ever deleted. The file names the prestate:
/// a run from another one replaces it, and discards the states of the one before.
package final class StateCache {
  /// What a run found that its user may want to know.
  package enum Remark: Sendable, Equatable, CustomStringConvertible {
    /// The record is corrupt: the files of the states that it named stay.
    case corruptRecord(StreamError)
    /// So many states of another program were discarded.
    case otherProgram(states: Int)
    /// So many states of the same program with another local input were discarded.
    case otherInputs(states: Int, key: Bytes32)

    package var description: String {
      switch self {
      case .corruptRecord(let error):
        "the record of cached states was corrupt and is replaced; remove the snapshots that it named "
          + "if nothing else needs them: \(error)"
      case .otherProgram(let states):
        "the run starts from another prestate than those before it, whose cached states were "
          + "discarded: \(states)"
      case .otherInputs(let states, let key):
        "\(TraceInputs.name(key)) has another value than in the runs before, whose cached states were "
          + "discarded: \(states); use a directory for each game"
      }
    }
  }

  /// What the run found at its start.
  package let remark: Remark?

  private let place: StateCachePlace
  private let limit: Int
  private let start: UInt64
  /// Whether the run starts from a cached state.
  private let isStartCached: Bool
  private let root: StateCacheRecord.Identity?
  /// Hashes of the local pre-images that were read, by their keys.
  private var inputs: [Bytes32: Bytes32]
  /// The local key of which the source has another value than the state at the start depends on.
  private let otherInput: Bytes32?
  private var policy = RetentionPolicy()
  /// The claims of the cached states, by their steps.
  private var claims: [UInt64: Bytes32]

  /// Hashes the machine's memory if the run starts from a prestate.
  ///
  /// - Parameters:
  ///   - limit: how many states may be cached, at least 1.
  ///   - machine: at the start of the run.
  ///   - input: the file of the state that the run starts from.
  ///   - source: is asked for the local pre-images that the cached states depend on.
  /// - Throws: ``StreamError`` if the record can't be read, or not be written if it is another
  ///   program's.
  package init(
    _ place: StateCachePlace, limit: Int, _ machine: Machine, from input: String,
    source: any PreimageOracle = NoPreimages()
  ) throws(StreamError) {
    self.place = place
    self.limit = max(limit, 1)
    start = machine.step
    var content = StateCacheRecord.Content()
    var remark: Remark?
    switch try place.record.read() {
    case .none: break
    case .corrupt(let error): remark = .corruptRecord(error)
    case .content(let read): content = read
    }
    var otherInput = Self.otherInput(content.inputs, source)
    if !place.isSnapshot(input, of: start) {
      let identity = StateCacheRecord.Identity(
        version: machine.state.version.rawValue, revision: machine.revision.name,
        claim: machine.claim())
      if content.root != identity || otherInput != nil {
        let others = content.states.keys.filter {
          FileStatus.isRegular(FilePath(fileName: place.path($0)))
        }
        let key = content.root == identity ? otherInput : nil
        content = StateCacheRecord.Content(root: identity)
        otherInput = nil
        // Before the files go: one that is not in the record would never be deleted.
        if !others.isEmpty {
          remark =
            if let key { .otherInputs(states: others.count, key: key) } else {
              .otherProgram(states: others.count)
            }
          try place.record.write(content)
          for step in others { place.remove(step) }
        }
      }
    }
    // A snapshot in its place is of the same runs: a run was asked for it, or cached it.
    self.remark = remark
    root = content.root
    inputs = content.inputs
    self.otherInput = otherInput
    claims = content.states.filter {
      FileStatus.isRegular(FilePath(fileName: place.path($0.key)))
    }
    isStartCached = claims[start] != nil && place.isSnapshot(input, of: start)
    policy.record(reached: max(content.reached, start))
    if let end = content.end { policy.record(end: end) }
    for question in content.questions { policy.record(question: question) }
  }

  /// Checks that the run starts from the state that was cached there, if any, and discards it if not. Hashes the machine's memory.
  ///
  /// - Parameter machine: at the start of the run.
  /// - Returns: why the run must not go on; nil if it may.
  /// - Throws: ``StreamError`` if the record can't be written.
  package func checkStart(_ machine: Machine) throws(StreamError) -> StreamError? {
    if let otherInput {
      return StreamError(
        .unsupported, path: place.path(start),
        message: "the state depends on another value of \(TraceInputs.name(otherInput)) than the "
          + "source has",
        remedy: "use a directory for each game")
    }
    if let root, root.revision != machine.revision.name {
      return StreamError(
        .unsupported, path: place.path(start),
        message: "the state is of runs with revision \(root.revision), but this run has "
          + machine.revision.name,
        remedy: "choose that revision, or use another directory")
    }
    guard isStartCached, let cached = claims[start] else { return nil }
    let claim = machine.claim()
    guard cached != claim || root.map({ $0.version != machine.state.version.rawValue }) == true
    else { return nil }
    try discardStart()
    return StreamError(
      .corrupt, path: place.path(start),
      message: "the state's claim is \(claim), but a run cached the state with the claim \(cached)",
      remedy: "retry from another state: this one was removed")
  }

  // MARK: Inputs

  /// The first local key of which a source has another value; nil if it has none, or is no source at
  /// all.
  private static func otherInput(
    _ inputs: [Bytes32: Bytes32], _ source: any PreimageOracle
  ) -> Bytes32? {
    var source = source
    for (key, hash) in inputs.sorted(by: { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }) {
      do throws(PreimageError) {
        if TraceInputs.hash(try source.preimage(for: key)) != hash { return key }
      } catch {
        if error.kind != .noSource { return key }
      }
    }
    return nil
  }

  /// Takes a local pre-image that the program reads, before any state that depends on it is saved.
  ///
  /// - Returns: why the run must not go on: it has another value than in the runs before.
  /// - Throws: ``StreamError`` if the record can't be written.
  package func take(_ key: Bytes32, _ value: [UInt8]) throws(StreamError) -> PreimageError? {
    guard TraceInputs.isLocal(key) else { return nil }
    let hash = TraceInputs.hash(value)
    if let known = inputs[key] {
      guard known != hash else { return nil }
      return PreimageError(
        .wrong, key: key,
        message: "\(TraceInputs.name(key)) has another value than \(place.record.path) records",
        remedy: "use a directory for each game")
    }
    inputs[key] = hash
    try write()
    return nil
  }

  // MARK: On the way

  /// The step after which to ask ``admit(_:)`` next.
  package func next(after machine: Machine) -> UInt64 {
    Spacing.snapshot(machine, after: nearest(to: machine.step), .max)
  }

  /// Whether the machine's state is to be saved, under the name of its step. If there
  /// are too many, others are deleted, after they were removed from the record. If the state is saved, the
  /// pages that changed are hashed.
  package func admit(_ machine: Machine) throws(StreamError) -> Bool {
    policy.record(reached: machine.step)
    let step = machine.step
    guard !machine.hasExited, step > start, claims[step] == nil else { return false }
    // The file there is another's.
    guard !FileStatus.exists(FilePath(fileName: place.path(step))) else { return false }
    var cached = [0] + (claims.keys + [step]).sorted()
    var discarded: [UInt64] = []
    while cached.count - 1 > limit {
      guard let position = policy.leastValuable(cached), cached[position] != step
      else { return false }
      discarded.append(cached.remove(at: position))
    }
    // Before the file appears: one that is not in the record would never be deleted.
    for step in discarded { claims[step] = nil }
    claims[step] = machine.claim()
    try write()
    for step in discarded { place.remove(step) }
    return true
  }

  /// Records the step at which the run ended, and returns whether that state is to be saved, if it may be.
  package func end(_ machine: Machine, maySave: Bool) throws(StreamError) -> Bool {
    policy.record(question: machine.step)
    if machine.hasExited {
      policy.record(end: machine.step)
    } else if maySave, Spacing.isWorthSaving(machine, from: nearest(to: machine.step)) {
      if try admit(machine) { return true }
    }
    policy.record(reached: machine.step)
    try write()
    return false
  }

  /// Discards the state that the run started from, if it was cached: a pre-image was not available from
  /// there. The host may want a hint for it that the program wrote before.
  package func discardStart() throws(StreamError) {
    guard isStartCached, claims.removeValue(forKey: start) != nil else { return }
    try write()
    place.remove(start)
  }

  /// Withdraws an admitted state whose file could not be written. A file that appears in its place is
  /// another's.
  package func withdraw(_ step: UInt64) throws(StreamError) {
    guard claims.removeValue(forKey: step) != nil else { return }
    try write()
  }

  private func nearest(to step: UInt64) -> UInt64 {
    max(start, claims.keys.filter { $0 <= step }.max() ?? start)
  }

  private func write() throws(StreamError) {
    try place.record.write(
      StateCacheRecord.Content(
        root: root, inputs: inputs, states: claims,
        questions: policy.asked + (policy.last.map { [$0] } ?? []),
        reached: policy.end - 1, end: policy.isEndKnown ? policy.end - 1 : nil))
  }
}
