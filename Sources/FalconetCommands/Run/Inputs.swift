import Falconet
import Logging

/// The files that commands read.
enum Inputs {
  /// A source of the bytes of a file; `-` is standard input.
  static func source(_ path: String) throws(StreamError) -> any ByteSource {
    path == "-" ? StandardInputSource() : try FileSource(path: path)
  }

  static func snapshot(
    _ path: String, _ options: SnapshotOptions, onFailure: (StreamError) -> Void = { _ in }
  ) throws(CommandError) -> MemoryImage {
    do { return try Snapshot.load(from: source(path), options.reading(path)) } catch {
      onFailure(error)
      throw CommandError(error, while: "failed to load state")
    }
  }

  /// The symbols of a metadata file; nil where none is named.
  static func symbols(_ path: String, _ logger: Logger) throws(CommandError) -> SymbolTable? {
    guard !path.isEmpty else {
      logger.info("no metadata file specified, defaulting to empty metadata")
      return nil
    }
    do { return try SymbolTable.read(from: source(path)) } catch {
      throw CommandError(error, while: "failed to load metadata")
    }
  }
}
