internal import FalconetInsight
internal import FalconetStreams

/// How many steps a run spent in which function, by the calls that led there.
///
/// ```swift
/// try machine.profile(program: program).save(to: "run.svg")
/// ```
public struct Profile: Sendable {
  private let value: FalconetInsight.Profile

  init(_ value: FalconetInsight.Profile) { self.value = value }

  /// Writes the profile to a file, which appears completely or not at all.
  ///
  /// - Parameter path: the name selects the format: `.pb.gz` is pprof, `.svg` a flame graph,
  ///   `.folded` stacks as lines of text.
  public func save(to path: String) throws(FalconetError) {
    do {
      let format = try ProfileFormat(fileName: path)
      try AtomicFile.write(path: path) { (sink) throws(StreamError) in
        try format.write(value, to: sink)
      }
    } catch { throw FalconetError(error) }
  }
}
