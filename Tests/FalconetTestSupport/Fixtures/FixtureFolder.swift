import FalconetStreams
import Glibc

/// Why a fixture is not available: the archive is corrupt, or does not hold what a test asks for.
package struct FixtureError: Error, Sendable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }
}

/// The archives in `Tests/Fixtures`, unpacked once a process into a temporary folder that is removed
/// when the process exits.
enum FixtureFolder {
  /// The folder's path, or why there is none.
  static let path: Result<String, FixtureError> = folder.map { $0.path }

  private static let folder: Result<TemporaryFolder, FixtureError> = Result {
    () throws(FixtureError) in try make()
  }

  /// The repository's `Tests` folder.
  private static let tests = String(
    #filePath.dropLast("/FalconetTestSupport/Fixtures/FixtureFolder.swift".count))

  private static func make() throws(FixtureError) -> TemporaryFolder {
    let folder = try TemporaryFolder()
    atexit { if case .success(let folder) = FixtureFolder.folder { folder.remove() } }
    do {
      for archive in archives { try unpack(archive, into: folder.path) }
    } catch {
      throw FixtureError("the fixtures can't be unpacked: \(error)")
    }
    return folder
  }

  /// What the reference machine recorded, and guests of compilers other than Go's.
  private static let archives = ["fixtures", "guests"]

  private static func unpack(_ name: String, into folder: String) throws(StreamError) {
    let source = try FileSource(path: tests + "/Fixtures/\(name).tar.zst")
    let archive = TarReader(ByteReader(try ZstdSource(over: source)))
    while let entry = try archive.next() {
      makeFolders(of: entry.name, in: folder)
      let sink = try FileSink(path: folder + "/" + entry.name, permissions: 0o644)
      try sink.write(try archive.contents(limit: 64 << 20))
      try sink.finish()
    }
  }

  /// Makes the folders above a file. A failure shows when the file is made.
  private static func makeFolders(of name: String, in folder: String) {
    var path = folder
    for part in name.split(separator: "/").dropLast() {
      path += "/" + part
      mkdir(path, 0o755)
    }
  }
}
