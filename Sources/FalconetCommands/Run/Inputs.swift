import FalconetELF
import FalconetInsight
import FalconetSnapshots
import FalconetStreams
import Logging

/// The files that commands read.
enum Inputs {
  /// A source of the bytes of a file; `-` is standard input.
  static func source(_ path: String) throws(StreamError) -> any ByteSource {
    path == "-"
      ? StandardInputSource(Interruption.cancellation)
      : try FileSource(path: path, Interruption.cancellation)
  }

  /// - Parameters:
  ///   - isHashed: whether the pages are hashed in any case, so that a claim that is taken on trust
  ///     can be compared.
  ///   - pageLimit: the most pages that the memory may have, now and later; nil is the default.
  static func snapshot(
    _ path: String, _ options: SnapshotOptions, isHashed: Bool, pageLimit: Int? = nil,
    onFailure: (StreamError) -> Void = { _ in }
  ) throws(CommandError) -> MemoryImage {
    do {
      let reading = options.reading(path, pageLimit: pageLimit)
      return isHashed
        ? try Snapshot.loadHashed(from: source(path), reading)
        : try Snapshot.load(from: source(path), reading)
    } catch {
      onFailure(error)
      throw CommandError(error, while: "failed to load state")
    }
  }

  /// What is known of the guest's program: from its ELF file if one is named, else from a metadata
  /// file, which may say which program it is of.
  static func program(
    elf: String, meta: String, _ logger: Logger
  ) throws(CommandError) -> (GuestProgram, identity: ProgramIdentity?) {
    guard !elf.isEmpty else {
      let metadata = try metadata(meta, logger)
      return (GuestProgram(symbols: metadata?.symbols), metadata?.program)
    }
    let program = try self.elf(elf, while: "failed to load the program")
    do { return (try GuestProgram(program), nil) } catch {
      throw CommandError("failed to load the program: \(error)")
    }
  }

  /// An ELF file; `-` is standard input, which is read as a whole, since ELF files are read here and
  /// there.
  static func elf(_ path: String, while action: String) throws(CommandError) -> ELFFile {
    do {
      guard path == "-" else { return try ELFFile(path: path) }
      let reader = ByteReader(StandardInputSource(Interruption.cancellation))
      return try ELFFile(bytes: reader.readAll(limit: standardInputLimit), name: reader.name)
    } catch let error as StreamError {
      throw CommandError(error, while: action)
    } catch {
      throw CommandError("\(action): \(error)")
    }
  }

  /// The most bytes of an ELF file that come from standard input.
  private static let standardInputLimit: UInt64 = 1 << 30

  /// What a metadata file says; nil if none is named.
  private static func metadata(
    _ path: String, _ logger: Logger
  ) throws(CommandError) -> (symbols: SymbolTable, program: ProgramIdentity?)? {
    guard !path.isEmpty else {
      logger.info("no metadata file specified, defaulting to empty metadata")
      return nil
    }
    do { return try SymbolTable.readMetadata(from: source(path)) } catch {
      throw CommandError(error, while: "failed to load metadata")
    }
  }
}
