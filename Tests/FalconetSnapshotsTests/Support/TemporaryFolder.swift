import Glibc
import Testing

/// An empty folder that is removed with the files in it when the test is done.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = "/tmp/falconet-snapshots-" + String(UInt64.random(in: .min ... .max), radix: 16)
    try #require(mkdir(path, 0o700) == 0)
  }

  deinit {
    for name in names { unlink(file(name)) }
    rmdir(path)
  }

  func file(_ name: String) -> String { path + "/" + name }

  /// The names in the folder, sorted, hidden ones too.
  var names: [String] {
    var names: [String] = []
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
