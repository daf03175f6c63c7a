import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Testing

@Suite("run --profile")
struct ProfileCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("The file's name tells the form, and the run is the same")
  func forms() throws {
    let steps = try Fixtures.vector(.v8, "hello").steps
    for name in ["p.folded", "p.svg", "p.pb.gz"] {
      let outcome = try Tool.run(
        Guest.run("hello") + [
          "--profile", name, "--profile-interval", "1009", "--output", "o.bin",
        ],
        in: folder.path)
      #expect(outcome.exitCode == 0)
      #expect(try witness(folder.file("o.bin"))["step"] == .number(steps))
    }
    let folded = String(decoding: try #require(folder.read("p.folded")), as: UTF8.self)
    let total = folded.split(separator: "\n").reduce(UInt64(0)) {
      $0 + (UInt64($1.split(separator: " ").last ?? "") ?? 0)
    }
    #expect(total == steps)
    #expect(folded.contains("runtime.rt0_go;"))
    #expect(folder.read("p.pb.gz")?.starts(with: [0x1F, 0x8B]) == true)
    #expect(folder.read("p.svg")?.starts(with: Array("<?xml".utf8)) == true)
  }

  @Test("A run that fails leaves its profile too")
  func fault() throws {
    let image = MachineImage(
      .v8, code: [UInt32](repeating: Assembly.nop, count: 40) + [Assembly.stop])
    let outcome = try Tool.run(
      Guest.run(image, in: folder) + ["--profile", "p.folded"], in: folder.path)
    #expect(outcome.exitCode == 2)
    #expect(folder.read("p.folded") == Array("main.main 40\n".utf8))
  }

  @Test("Another name is bad usage")
  func name() throws {
    let outcome = try Tool.run(Guest.run("hello") + ["--profile", "p.txt"], in: folder.path)
    #expect(outcome.exitCode == 64)
    #expect(outcome.log.contains(".pb.gz, .folded or .svg"))
  }
}
