import FalconetStreams
import Glibc
import Testing

/// An empty folder that is removed, with what is in it, when the object goes.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/falconet-commands-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { remove() }

  func remove() { Self.remove(path) }

  func file(_ name: String) -> String { path + "/" + name }

  func makeFolder(_ name: String) { mkdir(file(name), 0o755) }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  func write(_ bytes: [UInt8], to name: String) throws {
    let sink = try FileSink(path: file(name), permissions: 0o644)
    try sink.write(bytes)
    try sink.finish()
  }

  /// The bytes of a file, or nil where there is none.
  func read(_ name: String) -> [UInt8]? {
    guard let source = try? FileSource(path: file(name)) else { return nil }
    return try? ByteReader(source).readAll(limit: 1 << 28)
  }

  /// The bytes of a file without its compression.
  func decompressed(_ name: String) throws -> [UInt8] {
    try ByteReader.decompressing(FileSource(path: file(name))).reader.readAll(limit: 1 << 28)
  }

  /// The names in the folder, sorted.
  var names: [String] { Self.names(in: path) }

  static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    for name in names(in: path) { remove(path + "/" + name) }
    rmdir(path)
  }
}

/// The folder of this test target.
let testFolder = String(#filePath.dropLast("/Support/TemporaryFolder.swift".count))
