import FalconetStreams
import Glibc

/// Why a fixture could not be had: the archive is damaged, or does not hold what a test asks for.
public struct FixtureError: Error, Sendable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}

/// The archive `Tests/Fixtures/fixtures.tar.zst`, unpacked once a process into a temporary folder
/// that is removed when the process exits.
enum FixtureFolder {
  /// The folder's path, or why there is none.
  static let path: Result<String, FixtureError> = Result { () throws(FixtureError) in
    try make()
  }

  /// The repository's `Tests` folder.
  private static let tests = String(
    #filePath.dropLast("/FalconetTestSupport/Fixtures/FixtureFolder.swift".count))

  private static func make() throws(FixtureError) -> String {
    var template = Array((temporaryRoot + "/falconet-fixtures-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else {
      throw FixtureError("no temporary folder can be made in \(temporaryRoot) (errno \(errno))")
    }
    let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    atexit {
      if case .success(let folder) = FixtureFolder.path { FixtureFolder.remove(folder) }
    }
    do {
      try unpack(into: folder)
    } catch {
      remove(folder)
      throw FixtureError("the fixtures can't be unpacked: \(error)")
    }
    return folder
  }

  private static var temporaryRoot: String {
    getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  }

  private static func unpack(into folder: String) throws(StreamError) {
    let source = try FileSource(path: tests + "/Fixtures/fixtures.tar.zst")
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

  /// Removes a folder and all in it.
  private static func remove(_ folder: String) {
    for name in names(in: folder) {
      let path = folder + "/" + name
      // Fails for a folder that is not empty.
      if Glibc.remove(path) != 0 { remove(path) }
    }
    rmdir(folder)
  }

  /// The names in a folder; none where it can't be read.
  static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}
