import FalconetOracle
import FalconetStreams
import Glibc
import SystemPackage

/// The proof files that a path stands for.
package enum ProofDirectory {
  /// The path itself, or where it is a folder, the files in it whose names end in `.json` or
  /// `.json.gz`, in the order of the numbers in their names.
  ///
  /// - Throws: ``StreamError`` where a folder can't be read or has no such file.
  package static func files(_ path: String) throws(StreamError) -> [String] {
    guard isFolder(path) else { return [path] }
    var names: [String] = []
    do {
      try FolderListing.forEachName(in: FilePath(fileName: path)) { name in
        if name.hasSuffix(".json") || name.hasSuffix(".json.gz") { names.append(name) }
        return true
      }
    } catch {
      throw StreamError(
        .system(errno: error.rawValue), path: path, message: "the folder can't be read: \(error)")
    }
    guard !names.isEmpty else {
      throw StreamError(
        .notFound, path: path, message: "no file in the folder ends in .json or .json.gz",
        remedy: "name a folder of proofs, or the files")
    }
    let sorted = names.map { (key: sortingKey($0), name: $0) }.sorted { $0.key < $1.key }
    return sorted.map { FilePath(fileName: path).appending(fileName: $0.name).fileName }
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return path.withFileName { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// What stands before the first number, the number, and the whole name.
  private static func sortingKey(_ name: String) -> (Substring, UInt64, String) {
    let prefix = name.prefix { !$0.isNumber }
    let digits = name.dropFirst(prefix.count).prefix { $0.isASCII && $0.isNumber }
    return (prefix, UInt64(digits) ?? .max, name)
  }
}
