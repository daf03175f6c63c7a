import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetSystem
import FalconetTables
import Keccak
import SystemPackage

/// What became of the files of a host's directory.
package struct StoreImport: Sendable, Equatable {
  package var added = 0
  /// Pre-images that the store had.
  package var known = 0
  /// Those that no store has: local inputs, and what cannot be checked if no host is named.
  package var notStored = 0
  /// Files and keys whose pre-image is another, or cannot be read, with the reason.
  package var wrong: [String] = []
  /// Files of a database of which not all could be read, with the reason.
  package var unreadable: [String] = []

  package init() {}

  package mutating func add(_ other: StoreImport) {
    added += other.added
    known += other.known
    notStored += other.notStored
    wrong += other.wrong
    unreadable += other.unreadable
  }
}

extension PreimageStore {
  /// Adds the pre-images of a directory that a host, or a recorded run, wrote: in any layout that
  /// ``DirectoryOracle`` reads, or a ``HostDatabase``.
  ///
  /// - Parameter shouldStop: is asked for each pre-image.
  /// - Throws: ``PreimageError`` if the directory cannot be read.
  package func importDirectory(
    _ path: String, shouldStop: () -> Bool = { false }
  ) throws(PreimageError) -> StoreImport {
    var result = StoreImport()
    let directory = FilePath(fileName: path)
    if let database = database(in: directory) {
      result.unreadable = database.read { (key, value) in
        if let key = Bytes32(key) {
          count(take(key, Array(value), whetherStored: true), &result) {
            "\(path) has another pre-image than that of the key \(key)"
          }
        } else {
          result.notStored += 1
        }
        return !shouldStop()
      }
    } else {
      try importFiles(directory, shouldStop, &result)
    }
    flush()
    guard isWritten else {
      throw PreimageError(
        .unreadable, message: "not all pre-images could be written to the store \(options.path)",
        remedy: "see the warnings, and repeat the import")
    }
    return result
  }

  /// The database in a directory; nil if a host says that it has files there, or it has neither.
  private func database(in directory: FilePath) -> HostDatabase? {
    guard let database = try? HostDatabase(in: directory) else { return nil }
    var marker = try? StoredFile(directory.appending(DirectoryLayout.marker))
    guard let name = try? marker?.next(atMost: 64) else { return database }
    let text = String(decoding: name.filter { $0 > 0x20 }, as: UTF8.self)
    return DirectoryLayout(rawValue: text) == nil ? database : nil
  }

  private func importFiles(
    _ directory: FilePath, _ shouldStop: () -> Bool, _ result: inout StoreImport
  ) throws(PreimageError) {
    guard let layout = try DirectoryLayout.find(in: directory) else { return }
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
        .unreadable,
        message: "the directory of pre-images \(directory.fileName) cannot be read: \(error)")
    }
  }

  private func count(
    _ admission: Admission, _ result: inout StoreImport, fault: () -> String
  ) {
    switch admission {
    case .added: result.added += 1
    case .known: result.known += 1
    case .notStored: result.notStored += 1
    case .wrong: result.wrong.append(fault())
    }
  }

  /// - Parameter name: the name that the file has in the layout `file`.
  private func read(_ file: FilePath, _ name: String, _ result: inout StoreImport) {
    guard name.hasSuffix(".txt"), let bytes = Hex.decode(String(name.dropLast(4))),
      bytes.count == 32
    else { return }
    let key = Bytes32(readingFrom: bytes)
    do throws(StoredFileFault) {
      let value = try HexFile.read(file, limit: StoreLayout.longest)
      count(take(key, value, whetherStored: true), &result) {
        "\(file) is not the pre-image of its key"
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
