import FalconetLibc
import FalconetStreams
import FalconetSystem
import SystemPackage

/// A directory in memory, which goes with the object.
final class FuzzFolder: Sendable {
  let path: String

  init() throws {
    var template = MemoryPlace.template
    guard mkdtemp(&template) != nil else { try found("no directory can be made (errno \(errno))") }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit {
    clear()
    rmdir(path)
  }

  func file(_ name: String) -> String { path + "/" + name }

  func makeFolder(_ name: String) { mkdir(file(name), 0o755) }

  /// Writes a file whose directory is there.
  func write(_ bytes: [UInt8], to name: String) throws {
    let descriptor = open(file(name), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
      try found("\(file(name)) can't be written (errno \(errno))")
    }
    close(descriptor)
  }

  /// The bytes of a file; nil if there is none.
  func read(_ name: String) -> [UInt8]? {
    guard let source = try? FileSource(path: file(name)) else { return nil }
    return try? ByteReader(source).readAll(limit: 1 << 28)
  }

  /// The files below a directory by their names in it.
  func files(below folder: String) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in Self.names(in: file(folder)) {
      let inner = self.files(below: folder + "/" + name)
      if inner.isEmpty { files[name] = read(folder + "/" + name) }
      for (last, bytes) in inner { files[name + "/" + last] = bytes }
    }
    return files
  }

  /// Removes what is in the directory.
  func clear() { Self.clear(path) }

  private static func clear(_ path: String) {
    for name in names(in: path) {
      let file = path + "/" + name
      if file.withFileName({ unlink($0) }) != 0 {
        clear(file)
        _ = file.withFileName { rmdir($0) }
      }
    }
  }

  private static func names(in path: String) -> [String] {
    (try? DirectoryListing.names(in: FilePath(fileName: path))) ?? []
  }
}
