import Falconet
import Foundation

@testable import FalconetServer

/// What the tests ask about: a guest of Tests/Fixtures, and its pre-images.
enum Fixtures {
  private static let root: String = {
    let path =
      FileManager.default.temporaryDirectory.path
      + "/falconet-server-fixtures-\(ProcessInfo.processInfo.processIdentifier)"
    try! Files.make(directory: path)
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../../Tests/Fixtures").standardizedFileURL.path
    for name in ["fixtures", "guests"] {
      let tar = Process()
      tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      tar.arguments = ["tar", "-C", path, "--zstd", "-xf", "\(fixtures)/\(name).tar.zst"]
      try! tar.run()
      tar.waitUntilExit()
      precondition(tar.terminationStatus == 0)
    }
    atexit { Files.remove(Fixtures.rootToRemove) }
    rootToRemove = path
    return path
  }()
  nonisolated(unsafe) private static var rootToRemove = ""

  static let preimages = root + "/preimages/oracle-valid"

  /// The prestate of a guest of 9,410,658 steps that reads pre-images.
  static let prestate: String = {
    let path = root + "/prestate.bin.gz"
    let program = try! Program(contentsOf: root + "/guests/64/oracle.elf")
    try! Machine(program, version: .newest).save(to: path)
    return path
  }()

  /// The trace of it, as the library has it.
  static let trace = try! Trace(
    directory: root + "/trace", prestate: prestate, preimages: .directory(preimages))

  static let end: UInt64 = 9_410_657

  static func directory() -> String {
    let path = FileManager.default.temporaryDirectory.path + "/falconet-server-\(UUID().uuidString)"
    try! Files.make(directory: path)
    return realPath(path)!
  }

  private static let programs = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent()
  /// The programs beside the tests.
  static let program = programs.appendingPathComponent("falconet-server").path
  static let falconet = programs.appendingPathComponent("falconet").path

  static let directoryPreimages = JSON.object([
    "from": .string("directory"), "path": .string(preimages),
  ])
  static let clientPreimages = JSON.object([
    "from": .string("client"), "identity": .string("test"),
  ])
}
