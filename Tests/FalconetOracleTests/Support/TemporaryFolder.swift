import FalconetOracle
import Glibc
import SystemPackage

/// A new folder that is removed, with what is in it, when the object goes.
final class TemporaryFolder {
  let path: String

  init() {
    var template = Array("/tmp/falconet-oracle-XXXXXX".utf8CString)
    mkdtemp(&template)
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit { Self.remove(FilePath(path)) }

  func path(_ name: String) -> String { "\(path)/\(name)" }

  func makeFolder(_ name: String) { mkdir(path(name), 0o755) }

  func write(_ text: String, to name: String) { write(Array(text.utf8), to: name) }

  func write(_ bytes: [UInt8], to name: String) {
    let file = open(path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    _ = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    close(file)
  }

  /// The content of a file, or nil where there is none.
  func read(_ name: String) -> [UInt8]? { contents(of: path(name)) }

  /// The names in the folder, sorted.
  var names: [String] {
    var all: [String] = []
    try? FolderListing.forEachName(in: FilePath(path)) { name in
      all.append(name)
      return true
    }
    return all.sorted()
  }

  private static func remove(_ path: FilePath) {
    if unlink(path.string) == 0 { return }
    try? FolderListing.forEachName(in: path) { name in
      remove(path.appending(name))
      return true
    }
    rmdir(path.string)
  }
}

/// The content of the file at `path`, or nil where it can't be read.
func contents(of path: String) -> [UInt8]? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = Glibc.read(file, &chunk, chunk.count)
    guard count > 0 else { return bytes }
    bytes += chunk[..<count]
  }
}
