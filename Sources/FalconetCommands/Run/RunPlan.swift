import FalconetMachine
import FalconetRun
import FalconetSnapshots
import FalconetStreams
import SystemPackage

/// What a run does, and when.
package struct RunPlan {
  var info: StepPatterns
  var proofs: StepPatterns
  var proofName: FileNameFormat
  var snapshots: StepPatterns
  var snapshotName: FileNameFormat
  /// Whether snapshots after the first hold only what changed since the one before.
  var writesDeltas: Bool
  /// How many states are kept beside the snapshots for the runs that follow.
  var keptStates: Int
  var stop: StepPatterns
  var preimageStop: PreimageStop?
  /// Where the last state goes; empty for nowhere.
  var output: String
  /// Where the statistics go; empty for nowhere.
  var debugInfo: String
  /// Where the state goes if the run ends early; empty for nowhere.
  var saveOnError: String
  var tracesThreads: Bool
  /// What is checked on the way.
  var checks = CheckPlan()

  /// Whether states lie in memory beside the machine's, at least while they are written.
  var keepsStatesInMemory: Bool {
    !snapshots.patterns.isEmpty || keptStates > 0 || checks.confirms || checks.shadow != nil
  }

  /// At which steps the run does what.
  var schedule: RunSchedule {
    var schedule = RunSchedule()
    schedule.progress = info
    schedule.stop = stop
    schedule.snapshots = snapshots
    // A step that another VM checks is executed as one that is proved.
    schedule.proofs = StepPatterns(of: proofs.patterns + checks.shadowAt.patterns)
    schedule.asksAfterPreimageReads = preimageStop != nil
    return schedule
  }

  /// Where the state before a guest's illegal act goes: `out.failed.bin.gz` for `out.bin.gz`.
  package static func failedOutput(for output: String) -> String? {
    guard !output.isEmpty, output != "-" else { return nil }
    let compression = output.hasSuffix(".gz") ? ".gz" : ""
    let plain = output.dropLast(compression.count)
    guard let dot = plain.lastIndex(of: ".") else { return nil }
    return plain[..<dot] + ".failed" + plain[dot...] + compression
  }

  /// Whether something of the run hashes all pages.
  var hashesPages: Bool {
    let statesRoots = [output, snapshots.patterns.isEmpty ? "" : snapshotName.name(step: 0)]
      .contains {
        (try? SnapshotFormat(fileName: $0))?.statesRoots == true
      }
    return statesRoots || !proofs.patterns.isEmpty || keptStates > 0
  }

  /// The files that the run writes.
  var outputs: PlannedOutputs {
    var outputs = PlannedOutputs()
    outputs.add(output, "--output")
    if let failed = Self.failedOutput(for: output) {
      outputs.add(failed, "--output (after a panic)")
    }
    // A run that ends early has no other output, so that both may have one name.
    if !saveOnError.isEmpty, OutputPlace(saveOnError) != OutputPlace(output) {
      outputs.add(saveOnError, "--save-on-error")
    }
    outputs.add(debugInfo, "--debug-info")
    outputs.add(proofName, at: proofs, "--proof-fmt")
    outputs.add(snapshotName, at: snapshots, "--snapshot-fmt")
    return outputs
  }

  /// Checks that the formats of the snapshots can hold a version.
  func checkFormats(for version: StateVersion) throws(UsageError) {
    let snapshot = snapshots.patterns.isEmpty && keptStates == 0 ? "" : snapshotName.name(step: 0)
    for name in [output, snapshot, saveOnError] where !name.isEmpty && name != "-" {
      do throws(StreamError) { try Snapshot.checkFormat(ofName: name, for: version) } catch {
        throw UsageError("\(error)")
      }
    }
  }

  /// Checks the names of the files that the run writes, before it starts.
  func checkNames() throws(UsageError) {
    for name in [output, snapshotName.isEmpty ? "" : snapshotName.name(step: 0)]
    where !name.isEmpty && (name != "-" || snapshotName.isStandardOutput) {
      do { try Snapshot.checkFormat(ofName: name) } catch { throw UsageError("\(error)") }
    }
    if !saveOnError.isEmpty {
      do { try Snapshot.checkFormat(ofName: saveOnError) } catch { throw UsageError("\(error)") }
    }
    guard proofs.patterns.isEmpty || !proofName.isEmpty else {
      throw UsageError("--proof-at needs a file name: --proof-fmt is empty")
    }
    if writesDeltas {
      guard snapshotName.name(step: 0).hasSuffix(".fsnap"), snapshotName.hasNumber else {
        throw UsageError(
          "--snapshot-delta needs a --snapshot-fmt with %d in it that ends in .fsnap")
      }
    }
    if keptStates > 0 {
      let folders = (UInt64(0)...1).map {
        FilePath(fileName: snapshotName.name(step: $0)).removingLastComponent()
      }
      guard snapshotName.hasNumber, folders[0] == folders[1], !writesDeltas else {
        throw UsageError(
          "--keep-states needs a --snapshot-fmt with %d in the file's name and no --snapshot-delta")
      }
    }
    let printed = [
      output == "-", proofName.isStandardOutput && !proofs.patterns.isEmpty, debugInfo == "-",
      tracesThreads,
    ]
    guard printed.count(where: { $0 }) < 2 else {
      throw UsageError(
        "only one of --output, --proof-fmt, --debug-info and --debug can use standard output")
    }
  }
}
