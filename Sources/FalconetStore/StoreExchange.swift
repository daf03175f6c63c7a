import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// What became of the files of a host's directory.
package struct StoreImport: Sendable, Equatable {
  package var added = 0
  /// Pre-images that the store had.
  package var known = 0
  /// Those that no store has: local inputs, and what cannot be checked if no host is named.
  package var notStored = 0
  /// Files that are not what their names say, with the reason.
  package var wrong: [String] = []

  package init() {}

  package mutating func add(_ other: StoreImport) {
    added += other.added
    known += other.known
    notStored += other.notStored
    wrong += other.wrong
  }
}

extension PreimageStore {
  /// Adds the pre-images of a directory that a host, or a recorded run, wrote in any layout that
  /// ``DirectoryOracle`` reads.
  ///
  /// - Parameter shouldStop: is asked for each file.
  /// - Throws: ``PreimageError`` if the directory cannot be read, or is a database.
  package func importDirectory(
    _ path: String, shouldStop: () -> Bool = { false }
  ) throws(PreimageError) -> StoreImport {
    var result = StoreImport()
    let directory = FilePath(fileName: path)
    guard let layout = try DirectoryLayout.find(in: directory) else { return result }
    do throws(Errno) {
      switch layout {
      case .file:
        try DirectoryListing.forEachName(in: directory) { name in
          if name.hasPrefix("0x") { read(directory.appending(fileName: name), name, &result) }
          return !shouldStop()
        }
      case .directory:
        try DirectoryListing.forEachName(in: directory) { name in
          guard name.utf8.count == 4, Hex.decode(name) != nil else { return true }
          let inner = directory.appending(fileName: name)
          // A file with such a name has no names in it.
          try? DirectoryListing.forEachName(in: inner) { rest in
            read(inner.appending(fileName: rest), "0x" + name + rest, &result)
            return !shouldStop()
          }
          return !shouldStop()
        }
      }
    } catch {
      throw PreimageError(
        .unreadable, message: "the directory of pre-images \(path) cannot be read: \(error)")
    }
    flush()
    guard isWritten else {
      throw PreimageError(
        .unreadable, message: "not all pre-images could be written to the store \(options.path)",
        remedy: "see the warnings, and repeat the import")
    }
    return result
  }

  /// - Parameter name: the name that the file has in the layout `file`.
  private func read(_ file: FilePath, _ name: String, _ result: inout StoreImport) {
    guard name.hasSuffix(".txt"), let bytes = Hex.decode(String(name.dropLast(4))),
      bytes.count == 32
    else { return }
    let key = Bytes32(readingFrom: bytes)
    do throws(StoredFileFault) {
      let value = try HexFile.read(file, limit: StoreLayout.longest)
      switch take(key, value, whetherStored: true) {
      case .added: result.added += 1
      case .known: result.known += 1
      case .notStored: result.notStored += 1
      case .wrong: result.wrong.append("\(file) is not the pre-image of its key")
      }
    } catch {
      result.wrong.append("\(file) \(error)")
    }
  }

  /// Writes the pre-images to a directory in the layout `file`: those of types 2 and 4, and those that
  /// the host of ``StoreOptions/giver`` gave.
  ///
  /// - Returns: how many.
  package func export(to path: String) throws(StoreError) -> Int {
    flush()
    let directory = FilePath(fileName: path)
    // Makes the directory, or refuses one in another layout.
    do throws(PreimageError) { _ = try RecordingOracle(NoPreimages(), path: path) } catch {
      throw .unusable(path: options.path, reason: error.description)
    }
    let files = AtomicFileGroup()
    let own = options.giver.map { Array($0.utf8) }
    var count = 0
    try forEachRow { (row) throws(StoreError) in
      guard row.isRight, let key = row.key, let value = row.value,
        row.giver == nil || row.giver == own
      else { return }
      let file = DirectoryLayout.file.path(of: Bytes32(readingFrom: key), in: directory)
      do throws(StreamError) {
        try files.write(path: file.fileName, permissions: 0o666, compression: Compression.none) {
          (sink) throws(StreamError) in
          for start in stride(from: 0, to: value.count, by: 65536) {
            try sink.write(Array(Hex.encode(value[start..<min(start + 65536, value.count)]).utf8))
          }
        }
      } catch { throw .file(error) }
      count += 1
    } failed: { [path = options.path] in
      $0.isCorruption
        ? .corrupt(path: path, reason: $0.description)
        : .unusable(path: path, reason: $0.description)
    }
    do throws(StreamError) { try files.commit() } catch { throw .file(error) }
    return count
  }
}
