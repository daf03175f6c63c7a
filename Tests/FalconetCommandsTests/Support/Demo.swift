import FalconetTestSupport
import Glibc
import Testing

/// The directory that `falconet demo` makes, in which the examples of all commands work.
enum Demo {
  /// A copy of it, which is removed with the object.
  static func copy() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let source = try made.get().path
    try #require(shell("cp -r '\(source)'/. '\(folder.path)'") == 0)
    return folder
  }

  private static let made = Result { try make() }

  private static func make() throws -> TemporaryFolder {
    atexit { if case .success(let folder) = Demo.made { folder.remove() } }
    let folder = try TemporaryFolder()
    let outcome = try Tool.run(["demo", "--dir", "."], in: folder.path)
    try #require(outcome.exitCode == 0, "\(outcome.log)")
    return folder
  }
}
