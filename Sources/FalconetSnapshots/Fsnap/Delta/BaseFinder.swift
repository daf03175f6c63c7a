import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// Finds the bases of deltas.
struct BaseFinder {
  /// The base of a delta.
  ///
  /// - Parameters:
  ///   - name: what the delta says of it.
  ///   - depth: the delta's depth; the base's is less, so that no chain is a loop.
  ///   - delta: the delta's file, for errors.
  static func find(
    _ name: FsnapBaseName, below depth: Int, of delta: String, in location: FsnapBaseLocation
  ) throws(StreamError) -> StoredBlocks {
    switch location {
    case .nowhere:
      throw StreamError(
        .notFound, path: delta, message: "a delta cannot be read without its base, \(name.claim)",
        remedy: "name the base", missing: .base)
    case .beside(let file):
      return try search(file.parentDirectory, name, below: depth, of: delta)
    case .named(let path) where isFolder(path):
      return try search(path, name, below: depth, of: delta)
    case .named(let path):
      let base = try open(path)
      try check(base, name, below: depth, of: delta)
      return base
    }
  }

  /// Where the base of a base is looked for.
  static func location(after location: FsnapBaseLocation, found file: String) -> FsnapBaseLocation {
    if case .named(let path) = location, isFolder(path) { return location }
    return .beside(file: file)
  }

  /// Opens a snapshot as a base. One in another format is first made a temporary `.fsnap` file.
  private static func open(_ path: String) throws(StreamError) -> StoredBlocks {
    let source = try FileSource(path: path)
    // A pipe can't be looked into and then read again; opening it says so.
    if source.size == nil { return try StoredBlocks(path: path) }
    let prefix = try ByteReader(source, capacity: 64).peek(upTo: 40)
    if FsnapHeader.recognizes(prefix) { return try StoredBlocks(path: path) }
    let sink = try TemporarySink(for: path)
    let spool = try PageSpool()
    try Snapshot.read(FileSource(path: path), into: spool)
    try spool.produce(for: FsnapEncoder(to: sink))
    return try StoredBlocks(sink)
  }

  private static func check(
    _ base: StoredBlocks, _ name: FsnapBaseName, below depth: Int, of delta: String
  ) throws(StreamError) {
    let header = base.header
    if header.isBase(name), header.depth < depth { return }
    if header.isBase(name) {
      throw StreamError(
        .corrupt, path: base.name,
        message: "the base's chain has \(header.depth) deltas, but that of \(delta), which builds"
          + " on it, only \(depth)",
        remedy: "squash the base")
    }
    throw StreamError(
      .corrupt, path: base.name,
      message: "not the base of \(delta): its claim is \(header.claim), state version"
        + " \(header.version.rawValue), page table \(header.tableDigest); the base's are"
        + " \(name.claim), \(name.version.rawValue), \(name.tableDigest)",
      remedy: "name the snapshot that the delta was made against")
  }

  /// Looks at the header of each `.fsnap` file of a folder.
  private static func search(
    _ folder: String, _ name: FsnapBaseName, below depth: Int, of delta: String
  ) throws(StreamError) -> StoredBlocks {
    for file in try snapshots(in: folder) {
      // What is corrupt or can't be read is not the base.
      guard let prefix = try? ByteReader(FileSource(path: file), capacity: 64).peek(upTo: 32),
        Bytes32(prefix) == name.claim, let header = try? FsnapHeader(path: file)
      else { continue }
      if header.isBase(name), header.depth < depth { return try StoredBlocks(path: file) }
    }
    throw StreamError(
      .notFound, path: delta,
      message: "the base of the delta is not in \(folder): claim \(name.claim), state version"
        + " \(name.version.rawValue), page table \(name.tableDigest)",
      remedy: "put it there with a name that ends in .fsnap, or name it", missing: .base)
  }

  /// The regular files of a folder whose names end in `.fsnap`, by name.
  private static func snapshots(in folder: String) throws(StreamError) -> [String] {
    let names: [String]
    do throws(Errno) {
      names = try DirectoryListing.names(in: FilePath(fileName: folder))
    } catch {
      throw StreamError(
        .system(errno: error.rawValue), path: folder,
        message: "the directory cannot be read: \(error)",
        remedy: "check its permissions, or name the base", missing: .base)
    }
    return names.filter { $0.hasSuffix(".fsnap") }.sorted().map {
      folder.hasSuffix("/") ? folder + $0 : folder + "/" + $0
    }.filter { kind(of: $0) == .regular }
  }

  private static func isFolder(_ path: String) -> Bool { kind(of: path) == .directory }

  private static func kind(of path: String) -> FileStatus.Kind? {
    FileStatus(of: path, followsLinks: true)?.kind
  }
}

extension FsnapHeader {
  /// Whether this is the header of a base.
  fileprivate func isBase(_ name: FsnapBaseName) -> Bool {
    claim == name.claim && version == name.version && tableDigest == name.tableDigest
  }
}
