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

  /// The prestate of a guest that writes to one page after the other, for ever: a program whose first instructions
  /// are others.
  static let greedy: String = {
    let path = root + "/greedy"
    var elf = Files.read(root + "/guests/64/hello.elf", limit: 64 << 20)!
    func number(_ place: Int, _ size: Int) -> Int {
      elf[place..<place + size].reduce(0) { $0 << 8 | Int($1) }
    }
    let entry = number(24, 8)
    for header in 0..<number(56, 2) {
      let place = number(32, 8) + 56 * header
      let (offset, start, size) = (
        number(place + 8, 8), number(place + 16, 8), number(place + 32, 8)
      )
      guard number(place, 4) == 1, (start..<start + size).contains(entry) else { continue }
      // lui t0,0x1000; sd t0,0(t0); daddiu t0,t0,4096; b -2; nop
      let code: [UInt32] = [0x3C08_1000, 0xFD08_0000, 0x6508_1000, 0x1000_FFFD, 0]
      for (index, word) in code.enumerated() {
        for byte in 0..<4 {
          elf[offset + entry - start + 4 * index + byte] = UInt8(word >> (24 - 8 * byte) & 255)
        }
      }
    }
    try! Files.write(elf, to: path + ".elf")
    try! Machine(try! Program(contentsOf: path + ".elf"), version: .newest)
      .save(to: path + ".bin.gz")
    return path + ".bin.gz"
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
