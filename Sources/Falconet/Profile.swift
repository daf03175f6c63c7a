internal import FalconetInsight
internal import FalconetStreams

/// Where the steps of a run went, by function and by the calls that led there.
///
/// ```swift
/// try machine.profile(program: program).save(to: "run.svg")
/// ```
public struct Profile: Sendable {
  private let value: FalconetInsight.Profile

  init(_ value: FalconetInsight.Profile) { self.value = value }

  /// Steps that were counted.
  public var steps: UInt64 { value.steps }

  /// Writes the profile to a file, which appears whole or not at all. Its name tells the format:
  /// `.pb.gz` for pprof, `.svg` for a flame graph, `.folded` for stacks as lines of text.
  public func save(to path: String) throws(FalconetError) {
    do {
      let format = try ProfileFormat(fileName: path)
      try AtomicFile.write(path: path) { (sink) throws(StreamError) in
        try format.write(value, to: sink)
      }
    } catch { throw FalconetError(error) }
  }
}
