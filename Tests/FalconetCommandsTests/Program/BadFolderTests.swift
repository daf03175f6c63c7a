import FalconetTestSupport
import Glibc
import Testing

@Suite("Folders that can't be written")
struct BadFolderTests {
  /// Command lines that write each kind of file, with the file in folder `F`.
  private static let writers: [[String]] = [
    ["--output", "F/out.bin.gz"], ["--output", "F/out.bin"],
    ["--output", "", "--snapshot-at", "=100", "--snapshot-fmt", "F/%d.bin.gz"],
    ["--output", "", "--proof-at", "=100", "--proof-fmt", "F/%d.json"],
    ["--output", "", "--debug-info", "F/info.json"],
  ]

  private func run(_ arguments: [String], _ folder: String) throws -> Outcome {
    try Tool.run(
      Guest.run("hello") + arguments.map { $0.hasPrefix("F/") ? folder + $0.dropFirst() : $0 })
  }

  private func load(_ flag: String, _ folder: String) throws -> Outcome {
    let elf = try Fixtures.path("guests/64/hello.elf")
    var files = ["--out": "", "--meta": ""]
    files[flag] = flag == "--out" ? folder + "/a.bin" : folder + "/a.json"
    return try Tool.run(["load-elf", "--type", "8", "--path", elf] + files.flatMap { [$0, $1] })
  }

  private func expectFailure(_ outcome: Outcome, _ folder: String, _ words: String) {
    #expect(outcome.exitCode == 1)
    #expect(outcome.text == "")
    #expect(outcome.lines(with: "error: ", folder, words).count == 1, "\(outcome.log)")
  }

  @Test("A folder that is missing", arguments: writers.indices)
  func missing(_ index: Int) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("none")
    expectFailure(try run(Self.writers[index], path), path, "does not exist")
    #expect(folder.names == [])
  }

  @Test("A missing folder for the files of load-elf and witness")
  func missingForOthers() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("none")
    expectFailure(try load("--out", path), path, "does not exist")
    expectFailure(try load("--meta", path), path, "does not exist")
    let input = try Guest.folder("hello") + "/state.bin.gz"
    let outcome = try Tool.run(["witness", "--input", input, "--output", path + "/w"])
    expectFailure(outcome, path, "does not exist")
  }

  @Test(
    "A disk that is full keeps nothing of what did not fit",
    .enabled(if: SmallDisk.isPossible, "only root can mount a small disk"),
    arguments: [0, 1, 2])
  func full(_ index: Int) throws {
    let disk = try #require(try SmallDisk(bytes: 64 << 10))
    let path = disk.folder.path
    expectFailure(try run(Self.writers[index], path), path, "no space left")
    #expect(disk.folder.names == [])
    expectFailure(try load("--out", path), path, "no space left")
    expectFailure(try load("--meta", path), path, "no space left")
    #expect(disk.folder.names == [])
  }

  @Test(
    "A disk that is read-only",
    .enabled(if: SmallDisk.isPossible, "only root can mount a small disk"),
    arguments: writers.indices)
  func readOnly(_ index: Int) throws {
    let disk = try #require(try SmallDisk(bytes: 1 << 20, isReadOnly: true))
    expectFailure(try run(Self.writers[index], disk.folder.path), disk.folder.path, "read-only")
  }

  @Test(
    "Pre-images that can't be recorded end the run",
    .enabled(if: SmallDisk.isPossible, "only root can mount a small disk"))
  func recording() throws {
    let disk = try #require(try SmallDisk(bytes: 12 << 10))
    let path = disk.folder.path
    let outcome = try Tool.run(
      Guest.run("oracle") + [
        "--preimages", Guest.preimages(), "--record-preimages", path, "--output", "",
      ])
    expectFailure(outcome, path, "no space left")
    #expect(disk.folder.names.allSatisfy { !$0.contains("tmp") })
  }

  @Test(
    "Standard output that is full",
    arguments: [
      ["run", "--output", "-"], ["run", "--output", "", "--debug-info", "-"],
      ["run", "--output", "", "--debug"],
      ["run", "--output", "", "--proof-at", "=1", "--proof-fmt", "-"],
    ])
  func standardOutput(_ arguments: [String]) throws {
    let outcome = try Tool.run(
      Guest.run("hello") + arguments.dropFirst() + ["--stop-at", "=5"], output: "/dev/full")
    #expect(outcome.exitCode == 1)
    #expect(outcome.lines(with: "error: ", "standard output").count == 1)
  }
}
