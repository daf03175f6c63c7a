import FalconetStreams
import Glibc
import Keccak

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
        .notFound, path: delta, message: "a delta can't be read without its base, \(name.claim)",
        remedy: "name the base", missing: .base)
    case .beside(let file):
      return try search(folder(of: file), name, below: depth, of: delta)
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
      // What is damaged or can't be read is not the base.
      guard let prefix = try? ByteReader(FileSource(path: file), capacity: 64).peek(upTo: 32),
        Bytes32(prefix) == name.claim, let header = try? FsnapHeader(path: file)
      else { continue }
      if header.isBase(name), header.depth < depth { return try StoredBlocks(path: file) }
    }
    throw StreamError(
      .notFound, path: delta,
      message: "the base of the delta is not in \(folder): claim \(name.claim), state version"
        + " \(name.version.rawValue), page table \(name.tableDigest)",
      remedy: "put it there under a name that ends in .fsnap, or name it", missing: .base)
  }

  /// The regular files of a folder whose names end in `.fsnap`, by name.
  private static func snapshots(in folder: String) throws(StreamError) -> [String] {
    guard let stream = folder.withFileName({ opendir($0) }) else {
      throw StreamError(
        .system(errno: errno), path: folder, message: "the folder can't be read",
        remedy: "check its permissions, or name the base", missing: .base)
    }
    defer { closedir(stream) }
    var files: [String] = []
    while let entry = readdir(stream) {
      let name = DirectoryEntry.name(entry)
      let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
      if name.hasSuffix(".fsnap"), mode(of: path) == S_IFREG { files.append(path) }
    }
    return files.sorted()
  }

  private static func folder(of file: String) -> String {
    guard let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == file.utf8.startIndex ? "/" : String(file[..<slash])
  }

  private static func isFolder(_ path: String) -> Bool { mode(of: path) == S_IFDIR }

  private static func mode(of path: String) -> mode_t? {
    var status = stat()
    return path.withFileName { stat($0, &status) } == 0 ? status.st_mode & S_IFMT : nil
  }
}

extension FsnapHeader {
  /// Whether this is the header of a base.
  fileprivate func isBase(_ name: FsnapBaseName) -> Bool {
    claim == name.claim && version == name.version && tableDigest == name.tableDigest
  }
}
