import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Testing

/// Hints that are longer than a file of ours held once, through the commands.
@Suite("Runs with long hints")
struct LongHintRunTests {
  private let folder: TemporaryFolder
  private static let size = 70 << 20

  init() throws { folder = try TemporaryFolder() }

  /// A program that writes a hint of 70 MiB, reads a pre-image, and exits with 0.
  private func guest() throws -> [String] {
    let start = 0x10000
    func call(_ number: UInt16, _ descriptor: UInt16, _ address: Int, _ count: Int) -> [UInt32] {
      [
        Assembly.set(2, to: number), Assembly.set(4, to: descriptor),
        Assembly.immediate(0x0F, rt: 5, address >> 16),
        Assembly.immediate(0x0D, rs: 5, rt: 5, address & 0xFFFF),
        Assembly.immediate(0x0F, rt: 6, count >> 16),
        Assembly.immediate(0x0D, rs: 6, rt: 6, count & 0xFFFF), Assembly.syscall,
      ]
    }
    var image = MachineImage(
      .v8,
      code: call(5001, 4, start, 4 + Self.size) + call(5000, 5, 0x8000, 8) + call(5205, 0, 0, 0))
    image.state.scalars.preimageKey[0] = 1
    image.write([0x04, 0x60, 0, 0, 1], at: UInt64(start))
    image.write([2], at: UInt64(start + 3 + Self.size))
    return try Guest.run(image, in: folder)
  }

  private static func server(_ file: String, _ more: String...) -> [String] {
    let name = Guest.server[..<(Guest.server.lastIndex(of: "/") ?? Guest.server.startIndex)]
    return ["--", "python3", name + "/misbehaving.py", "measure", file] + more
  }

  /// What a server notes of the hint.
  private static let note: [UInt8] = {
    var body = [UInt8](repeating: 0, count: size)
    (body[0], body[size - 1]) = (1, 2)
    var checksum = CRC32()
    checksum.add(body)
    return Array("\(size) \(checksum.value)\n".utf8)
  }()

  private func expectEnd() throws {
    let end = try witness(folder.file("out.bin.gz"))
    #expect(end["exited"] == .bool(true) && end["exitCode"] == .number(0))
    #expect(end["step"] == .number(21))
  }

  @Test(
    "A run goes on from what a host that failed after such a hint left, with a host that gets it again",
    arguments: ["saved.bin.gz", "saved.fsnap"])
  func resumed(_ saved: String) throws {
    let guest = try guest()
    let failed = try Tool.run(
      guest + ["--save-on-error", saved] + Self.server(folder.file("first"), "end"),
      in: folder.path)
    #expect(failed.exitCode == 1)
    #expect(failed.lines(with: "error: ", "exited with code 7").count == 1, "\(failed.log)")
    #expect(folder.read("first") == Self.note)
    let again = try Tool.run(
      ["run", "--input", saved, "--meta", "", "--confirm", "--proof-at", "%1"]
        + Self.server(folder.file("second")), in: folder.path)
    #expect(again.exitCode == 0, "\(again.log)")
    #expect(folder.read("second") == Self.note)
    try expectEnd()
  }

  @Test("What a host may get at once is limited, with the state kept, by every command that runs")
  func limit() throws {
    let guest = try guest()
    let words = ["73400324 bytes of hints", "limit is 67108864", "--hint-limit"]
    func expectLimit(_ outcome: Outcome, _ exitCode: Int32 = 1) {
      #expect(outcome.exitCode == exitCode)
      let line = outcome.lines(with: "error: ").first ?? ""
      #expect(words.allSatisfy { line.contains($0) }, "\(outcome.log)")
    }
    let limited = ["--hint-limit", "64MiB"]
    expectLimit(
      try Tool.run(
        guest + limited + ["--save-on-error", "saved.bin.gz"]
          + Self.server(folder.file("none")), in: folder.path))
    #expect(try witness(folder.file("saved.bin.gz"))["step"] == .number(6))
    let input = folder.file("in.bin")
    expectLimit(
      try Tool.run(
        ["trace", "last", "--folder", "trace", "--input", input] + limited
          + Self.server(folder.file("none")), in: folder.path))
    #expect(folder.read("none") == nil)
    // A run that cannot go on has no claim, and a comparison says why.
    let compared = try Tool.run(
      ["bisect", "--input", input, "--engine-b", "step"] + limited
        + Self.server(folder.file("none")), in: folder.path)
    #expect(compared.exitCode == 1 && compared.log.contains("limit is 67108864"), "\(compared.log)")

    let more = try Tool.run(
      ["run", "--input", "saved.bin.gz", "--meta", "", "--hint-limit", "73400324"]
        + Self.server(folder.file("hints")), in: folder.path)
    #expect(more.exitCode == 0, "\(more.log)")
    #expect(folder.read("hints") == Self.note)
    try expectEnd()
    let trace = try Tool.run(
      ["trace", "last", "--folder", "trace", "--input", input]
        + Self.server(folder.file("traced")), in: folder.path)
    #expect(trace.exitCode == 0, "\(trace.log)")
    #expect(folder.read("traced") == Self.note)
  }

  @Test("A source that takes no hints needs no limit, also beside a check of each step")
  func dropped() throws {
    folder.makeFolder("preimages")
    try folder.write("file", to: "preimages/kvformat")
    try folder.write("01", to: "preimages/0x01\(String(repeating: "0", count: 62)).txt")
    let program = try Tool.path.get()
    let outcome = try Tool.run(
      guest() + [
        "--hint-limit", "1", "--preimages", "preimages", "--confirm", "--proof-at", "%1",
        "--engine",
        "check", "--shadow", program, "--shadow-at", "=6,=13", "--save-on-error", "saved.bin.gz",
      ], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    try expectEnd()
  }
}
