import ArgumentParser
import FalconetInsight

/// Whether and how a run is profiled.
struct ProfileOptions: ParsableArguments {
  @Option(
    name: .customLong("profile"),
    help: """
      File for a profile of the guest's functions: .pb.gz for pprof, .folded for text, .svg for \
      a flame graph.
      """, completion: .file(extensions: ["pb.gz", "folded", "svg"]))
  var path = ""

  @Option(
    name: .customLong("profile-interval"),
    help: "Steps between two samples; 0 adapts them to keep the run fast.")
  var steps = GoNumber(0)

  var interval: SamplingInterval { steps.value == 0 ? .adaptive : .steps(steps.value) }

  /// The format of the profile; nil where none is asked for.
  func format() throws(UsageError) -> ProfileFormat? {
    guard !path.isEmpty else { return nil }
    do { return try ProfileFormat(fileName: path) } catch { throw UsageError("\(error)") }
  }
}
