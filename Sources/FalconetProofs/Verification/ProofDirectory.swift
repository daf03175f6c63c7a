import FalconetStreams
import FalconetSystem
import SystemPackage

/// The proof files that a path stands for.
package enum ProofDirectory {
  /// The path itself, or if it is a directory, the files in it whose names end in `.json` or
  /// `.json.gz`, in the order of the numbers in their names.
  ///
  /// - Throws: ``StreamError`` if a directory can't be read or has no such file.
  package static func files(_ path: String) throws(StreamError) -> [String] {
    guard FileStatus(of: path, followsLinks: true)?.kind == .directory else { return [path] }
    let names: [String]
    do throws(Errno) {
      names = try DirectoryListing.names(in: FilePath(fileName: path)).filter {
        $0.hasSuffix(".json") || $0.hasSuffix(".json.gz")
      }
    } catch {
      throw StreamError(
        .system(errno: error.rawValue), path: path,
        message: "the directory cannot be read: \(error)")
    }
    guard !names.isEmpty else {
      throw StreamError(
        .notFound, path: path, message: "no file in the directory ends in .json or .json.gz",
        remedy: "name a directory of proofs, or the files")
    }
    let sorted = names.map { (key: sortingKey($0), name: $0) }.sorted { $0.key < $1.key }
    return sorted.map { FilePath(fileName: path).appending(fileName: $0.name).fileName }
  }

  /// What stands before the first number, the number, and the whole name.
  private static func sortingKey(_ name: String) -> (Substring, UInt64, String) {
    let prefix = name.prefix { !$0.isNumber }
    let digits = name.dropFirst(prefix.count).prefix { $0.isASCII && $0.isNumber }
    return (prefix, UInt64(digits) ?? .max, name)
  }
}
