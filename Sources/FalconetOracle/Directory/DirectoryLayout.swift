import FalconetMachine
import FalconetSystem
import Keccak
import SystemPackage

/// How a host lays out its store of pre-images in a folder.
package enum DirectoryLayout: String, Sendable {
  /// `0x<64 digits>.txt`, all in the folder itself.
  case file
  /// `<4 digits>/<60 digits>.txt`, a folder for each first two bytes of the keys.
  case directory

  /// The file in which a host notes the layout.
  package static let marker: FilePath.Component = "kvformat"

  /// Where the pre-image of `key` is in `folder`.
  package func path(of key: Bytes32, in folder: FilePath) -> FilePath {
    let name = key.description
    switch self {
    case .file: return folder.appending("\(name).txt")
    case .directory:
      let digits = name.dropFirst(2)
      return folder.appending(String(digits.prefix(4))).appending("\(digits.dropFirst(4)).txt")
    }
  }

  /// The layout of `folder` by its `kvformat`; if that is missing, by its names; nil if they
  /// don't tell, as in an empty folder.
  ///
  /// - Throws: ``PreimageError`` of kind `unreadable` if the folder can't be read, holds a
  ///   database, or names a layout that is not known.
  package static func find(in folder: FilePath) throws(PreimageError) -> DirectoryLayout? {
    // Else the marker would be looked for in the working folder.
    guard !folder.isEmpty else {
      throw PreimageError(
        .unreadable, message: "the name of the directory of pre-images is empty",
        remedy: "name a directory")
    }
    let path = folder.appending(marker)
    let content: [UInt8]
    do throws(StoredFileFault) {
      var file = try StoredFile(path)
      content = try file.next(atMost: 64)
    } catch .missing {
      return try look(in: folder)
    } catch {
      throw PreimageError(.unreadable, message: "\(path) \(error)")
    }
    // Hosts write no newline; an editor does.
    let text = content.last == UInt8(ascii: "\n") ? content.dropLast() : content[...]
    let name = String(decoding: text, as: UTF8.self)
    if name == "pebble" || name == "rocksdb" { throw database(folder) }
    guard let layout = DirectoryLayout(rawValue: name) else {
      throw PreimageError(
        .unreadable,
        message: "\(path) names the unknown layout \"\(name)\"",
        remedy: "use a directory that a host wrote with format file or directory")
    }
    return layout
  }

  /// Goes by the names in `folder`.
  private static func look(in folder: FilePath) throws(PreimageError) -> DirectoryLayout? {
    var hasFiles = false
    var hasFolders = false
    var hasManifest = false
    do throws(Errno) {
      try DirectoryListing.forEachName(in: folder) { name in
        if isKey(name, prefix: "0x", digits: 64, suffix: ".txt") {
          hasFiles = true
        } else if !hasFolders, isKey(name, prefix: "", digits: 4, suffix: "") {
          // A name of four digits that is no folder has no names in it.
          try? DirectoryListing.forEachName(in: folder.appending(fileName: name)) { inner in
            hasFolders = isKey(inner, prefix: "", digits: 60, suffix: ".txt")
            return !hasFolders
          }
        } else if name.hasPrefix("MANIFEST-") {
          hasManifest = true
        }
        return true
      }
    } catch {
      throw PreimageError(
        .unreadable, message: "the directory of pre-images \(folder) cannot be read: \(error)",
        remedy: "use a directory that a host or a recorded run wrote")
    }
    switch (hasFiles, hasFolders) {
    case (true, true):
      throw PreimageError(
        .unreadable,
        message: "\(folder) holds pre-images in both layouts and has no file \(marker)",
        remedy: "write the layout that its host uses, file or directory, into \(marker)")
    case (true, false): return .file
    case (false, true): return .directory
    case (false, false):
      if hasManifest { throw database(folder) }
      return nil
    }
  }

  private static func isKey(_ name: String, prefix: String, digits: Int, suffix: String) -> Bool {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return false }
    let middle = name.utf8.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
    return middle.count == digits
      && middle.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  private static func database(_ folder: FilePath) -> PreimageError {
    PreimageError(
      .unreadable,
      message: "\(folder) has the database of a host (RocksDB or pebble), not files of pre-images",
      remedy: "import it into a store, or have the host write its format file or directory")
  }
}
