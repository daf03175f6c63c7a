import ArgumentParser
import FalconetSnapshots

/// How a command reads the snapshot that it is given.
struct SnapshotOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Format of the snapshot, if its content does not say.", valueName: "format"))
  var from: SnapshotFormat?

  @Option(
    help: ArgumentHelp(
      "Base of a delta: a snapshot, or a directory of them (default: the file's directory).",
      valueName: "snapshot"),
    completion: .file())
  var base: String?

  @Flag(
    help: """
      Do not hash the pages of an .fsnap file. Use it only for files that this installation \
      wrote.
      """)
  var trustPages = false

  /// How to read the snapshot at `path`.
  ///
  /// - Parameter pageLimit: the most pages that the memory may have, now and later; nil is the default.
  func reading(_ path: String, pageLimit: Int? = nil) -> SnapshotReading {
    let beside: FsnapBaseLocation = path == "-" ? .nowhere : .beside(file: path)
    return SnapshotReading(
      from: from, bases: base.map { .named($0) } ?? beside, trustPages: trustPages,
      pageLimit: pageLimit ?? MemoryAllowance.pages(copies: 1),
      cancellation: Interruption.cancellation)
  }

  /// Passes the snapshot at `path` to a consumer.
  ///
  /// - Returns: the format that it has.
  @discardableResult
  func read(
    _ path: String, into consumer: some SnapshotConsumer
  ) throws(CommandError) -> SnapshotFormat {
    do { return try Snapshot.read(Inputs.source(path), reading(path), into: consumer) } catch {
      throw CommandError(error, while: "failed to read state")
    }
  }
}

extension SnapshotFormat: ExpressibleByArgument {}
