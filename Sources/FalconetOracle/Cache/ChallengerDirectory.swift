import FalconetLibc
import FalconetMachine
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// The directory in which a host stores what it serves, and in which op-challenger looks for what it
/// uploads before it plays a step.
///
/// If a cache answered in place of the host, the host has not stored it. Before a step that reads a
/// pre-image is proved, this object therefore writes what op-challenger needs for that step: of a
/// field element the whole blob and the element's commitment and point, of a precompile's result its
/// input. What the cache cannot complete, the host is asked for, and stores.
package final class ChallengerDirectory {
  private let directory: FilePath
  private let source: CachedOracle

  /// - Returns: nil if the host has no such directory.
  package init?(host command: [String], source: CachedOracle) {
    guard let path = Self.directory(of: command) else { return nil }
    directory = FilePath(fileName: path)
    self.source = source
  }

  /// The directory that a host's command line names: op-program's `--datadir`, Kona's `--data-dir`.
  package static func directory(of command: [String]) -> String? {
    for (index, word) in command.enumerated() {
      for flag in ["--datadir", "--data-dir"] {
        if word == flag, index + 1 < command.count { return command[index + 1] }
        if word.hasPrefix(flag + "=") { return String(word.dropFirst(flag.count + 1)) }
      }
    }
    return nil
  }

  /// Writes what a step needs that reads a pre-image.
  ///
  /// - Parameter data: the pre-image that the step reads, without its length.
  /// - Throws: ``PreimageError`` if neither the cache nor the host can complete it, or the host gives
  ///   another pre-image.
  package func complete(_ key: Bytes32, _ data: [UInt8]) throws(PreimageError) {
    let needed: [(Bytes32, [UInt8])]?
    switch PreimageKeyType(rawValue: key[0]) {
    // Local inputs are in the proof, and hosts don't store them.
    case .local, .global, nil: return
    case .keccak256, .sha256: needed = [(key, data)]
    case .precompile: needed = source.input(of: key).map { [(sibling(of: key), $0), (key, data)] }
    case .blob: needed = blob(key)
    }
    if let needed, try write(needed) { return }
    try askHost(key, data)
  }

  private func sibling(of key: Bytes32) -> Bytes32 {
    var key = key
    key[0] = PreimageKeyType.keccak256.rawValue
    return key
  }

  // MARK: Blobs

  /// All elements of the blob that an element is of, and what the element's key is the hash of; nil if
  /// the cache lacks one.
  private func blob(_ key: Bytes32) -> [(Bytes32, [UInt8])]? {
    guard let (commitment, points) = opening(of: key) else { return nil }
    let ownName = sibling(of: key)
    var parts: [(Bytes32, [UInt8])] = []
    parts.reserveCapacity(BlobPoints.count + 2)
    var versioned = PreimageKey.sha256(of: commitment)
    versioned[0] = PreimageKeyType.sha256.rawValue
    parts.append((versioned, commitment))
    for point in points {
      let name = commitment + point
      let nameKey = PreimageKey.keccak256(of: name)
      var elementKey = nameKey
      elementKey[0] = PreimageKeyType.blob.rawValue
      guard let element = source.cached(elementKey) else { return nil }
      if nameKey == ownName { parts.append((nameKey, name)) }
      parts.append((elementKey, element))
    }
    return parts
  }

  /// The commitment of an element's blob, and the points of all its elements as its program writes
  /// them: roots of unity, or in older programs the elements' numbers.
  private func opening(of key: Bytes32) -> (commitment: [UInt8], points: [[UInt8]])? {
    let nameKey = sibling(of: key)
    let numbers = (0..<BlobPoints.count).map { number in
      [UInt8](repeating: 0, count: 30) + [UInt8(number >> 8), UInt8(number & 0xFF)]
    }
    let forms = [BlobPoints.all, numbers]
    if let name = source.cached(nameKey), name.count == 80 {
      let point = Array(name[48...])
      return forms.first { $0.contains(point) }.map { (Array(name[..<48]), $0) }
    }
    for commitment in source.commitments() {
      for points in forms {
        if points.contains(where: { PreimageKey.keccak256(of: commitment + $0) == nameKey }) {
          return (commitment, points)
        }
      }
    }
    return nil
  }

  // MARK: Files

  /// Writes the files that are missing, in the layout of the directory.
  ///
  /// - Returns: false if the host alone can write there.
  private func write(_ parts: [(Bytes32, [UInt8])]) throws(PreimageError) -> Bool {
    let found: DirectoryLayout?
    do throws(PreimageError) { found = try DirectoryLayout.find(in: directory) } catch {
      // A database, such as pebble's; or a directory that is not there.
      return false
    }
    // An empty directory becomes what op-program and Kona's host make it by default, and they go by it.
    let layout = found ?? .directory
    do throws(StreamError) {
      let files = AtomicFileGroup()
      let marker = directory.appending(DirectoryLayout.marker)
      if FileStatus(marker, followsLinks: true) == nil { try put(layout.rawValue, marker, files) }
      for (key, value) in parts {
        // A blob has thousands, most of which the host may have stored: those are left alone.
        let digits = key.description.dropFirst(2)
        let name = layout == .file ? "0x\(digits)" : "\(digits.prefix(4))/\(digits.dropFirst(4))"
        if "\(directory.fileName)/\(name).txt".withFileName({ access($0, F_OK) }) == 0 { continue }
        let file = layout.path(of: key, in: directory)
        if layout == .directory { makeParent(of: file) }
        try put(Hex.encode(value), file, files)
      }
      try files.commit()
    } catch {
      throw PreimageError(
        .unreadable,
        message: "what op-challenger uploads for the step cannot be written: \(error)")
    }
    return true
  }

  /// A failure shows when the file is written.
  private func makeParent(of file: FilePath) {
    _ = file.removingLastComponent().withPlatformString { mkdir($0, 0o755) }
  }

  private func put(
    _ text: String, _ file: FilePath, _ files: AtomicFileGroup
  ) throws(StreamError) {
    try files.write(path: file.fileName, permissions: 0o666, compression: Compression.none) {
      (sink) throws(StreamError) in try sink.write(Array(text.utf8))
    }
  }

  // MARK: The host

  /// Has the host fetch and store the pre-image, which must be the one that the program read.
  private func askHost(_ key: Bytes32, _ data: [UInt8]) throws(PreimageError) {
    guard try source.askSource(key) == data else {
      throw PreimageError(
        .wrong, key: key, message: "the host gives another pre-image than the store",
        remedy: "run without the store, and check it")
    }
  }
}
