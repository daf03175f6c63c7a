import FalconetStreams

/// How a profile is written.
package enum ProfileFormat: Sendable, CaseIterable {
  /// pprof's protocol buffer; such files are gzip-compressed.
  case pprof
  /// A line for each stack: functions from the outermost in, separated by semicolons, and steps.
  case folded
  /// A flame graph, a picture that a browser shows.
  case flameGraph

  private static let suffixes: [(suffix: String, format: ProfileFormat)] = [
    (".pb.gz", .pprof), (".folded", .folded), (".svg", .flameGraph),
  ]

  /// The format that a file's name asks for.
  ///
  /// - Throws: `.unsupported` where it asks for none.
  package init(fileName: String) throws(StreamError) {
    guard let match = Self.suffixes.first(where: { fileName.hasSuffix($0.suffix) }) else {
      throw StreamError(
        .unsupported, path: fileName,
        message: "the name of a profile must end in .pb.gz, .folded or .svg",
        remedy: "rename it")
    }
    self = match.format
  }

  /// Writes a profile. Finishes the sink. A file of pprof still has to be compressed, as
  /// `AtomicFile` does by its name.
  package func write(_ profile: Profile, to sink: any ByteSink) throws(StreamError) {
    let writer = ByteWriter(sink)
    switch self {
    case .pprof: try PprofEncoder.write(profile, to: writer)
    case .folded: try FoldedStacks.write(profile, to: writer)
    case .flameGraph: try writer.write(FlameGraph(profile).svg)
    }
    try writer.finish()
  }
}
