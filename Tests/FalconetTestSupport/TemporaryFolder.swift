import FalconetStreams
import FalconetSystem
import Glibc
import SystemPackage

/// An empty folder that is removed, with what is in it, when the object goes.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws(FixtureError) {
    let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array((root + "/falconet-tests-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else {
      throw FixtureError("no temporary folder can be made in \(root) (errno \(errno))")
    }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { remove() }

  /// Removes the folder now.
  package func remove() { Self.remove(path) }

  /// The path of a file in the folder.
  package func file(_ name: String) -> String { path + "/" + name }

  package func makeFolder(_ name: String) { _ = file(name).withFileName { mkdir($0, 0o755) } }

  package func write(_ text: String, to name: String) throws(StreamError) {
    try write(Array(text.utf8), to: name)
  }

  package func write(_ bytes: [UInt8], to name: String) throws(StreamError) {
    let sink = try FileSink(path: file(name), permissions: 0o644)
    try sink.write(bytes)
    try sink.finish()
  }

  /// The bytes of a file, or nil if there is none.
  package func read(_ name: String) -> [UInt8]? { Self.contents(file(name)) }

  /// The bytes of the file at `path`, or nil if there is none.
  package static func contents(_ path: String) -> [UInt8]? {
    guard let source = try? FileSource(path: path) else { return nil }
    return try? ByteReader(source).readAll(limit: 1 << 28)
  }

  /// The bytes of a file without its compression.
  package func decompressed(_ name: String) throws(StreamError) -> [UInt8] {
    try ByteReader.decompressing(FileSource(path: file(name))).reader.readAll(limit: 1 << 28)
  }

  /// The permission bits of a file; nil if there is none.
  package func permissions(_ name: String) -> UInt32? {
    var status = stat()
    return file(name).withFileName { stat($0, &status) } == 0 ? status.st_mode & 0o7777 : nil
  }

  /// The names in the folder, sorted, hidden ones too.
  package var names: [String] { Self.names(in: path) }

  /// The names in a folder, sorted, hidden ones too; none if it can't be read.
  package static func names(in path: String) -> [String] {
    ((try? DirectoryListing.names(in: FilePath(fileName: path))) ?? []).sorted()
  }

  private static func remove(_ path: String) {
    if path.withFileName({ unlink($0) }) == 0 { return }
    for name in names(in: path) { remove(path + "/" + name) }
    _ = path.withFileName { rmdir($0) }
  }
}
