import FalconetMachine
import FalconetSnapshots
import FalconetTestSupport
import Glibc
import Testing

/// Prestates that `load-elf` made, once a process.
enum Guest {
  /// A folder with `state.bin.gz` and `meta.json` of a guest for version 8.
  static func folder(_ guest: String) throws -> String {
    switch guest {
    case "hello": try hello.get()
    case "abort": try abort.get()
    case "threads": try threads.get()
    default: try oracle.get()
    }
  }

  private static let hello = Result { try load("hello") }
  private static let abort = Result { try load("abort") }
  private static let threads = Result { try load("threads") }
  private static let oracle = Result { try load("oracle") }

  /// Holds the guests' folders until the process exits.
  private static let root = Result { try makeRoot() }

  private static func makeRoot() throws -> TemporaryFolder {
    atexit { if case .success(let folder) = Guest.root { folder.remove() } }
    return try TemporaryFolder()
  }

  private static func load(_ guest: String) throws -> String {
    let root = try root.get()
    root.makeFolder(guest)
    let elf = try Fixtures.path("guests/64/\(guest).elf")
    let outcome = try Tool.run(["load-elf", "--type", "8", "--path", elf], in: root.file(guest))
    try #require(outcome.exitCode == 0, "\(outcome.log)")
    return root.file(guest)
  }

  /// A folder with a snapshot of this name: the guest `hello` after 10 steps.
  static func folderWithSnapshot(_ name: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let outcome = try Tool.run(
      run("hello", meta: false) + ["--output", name, "--stop-at", "=10"], in: folder.path)
    try #require(outcome.exitCode == 0, "\(outcome.log)")
    return folder
  }

  /// The arguments of a run of a guest: `run --input … --meta …`.
  static func run(_ guest: String, meta: Bool = true) throws -> [String] {
    let folder = try folder(guest)
    return [
      "run", "--input", folder + "/state.bin.gz", "--meta", meta ? folder + "/meta.json" : "",
    ]
  }

  /// A server of such a folder, which fails in the mode that it is started with.
  static let server =
    String(testFolder.dropLast("/FalconetCommandsTests".count)) + "/Servers/folder.py"

  /// A server with latencies, which fails as its flags say.
  static let flakyServer =
    String(testFolder.dropLast("/FalconetCommandsTests".count)) + "/Servers/flaky.py"

  /// A folder of pre-images as a host stores them, with local inputs too.
  static func preimages() throws -> String { try Fixtures.path("preimages/oracle-valid") }

  /// `run` of a small program whose code is `main.main`, in a folder that gets its files.
  static func run(_ image: MachineImage, in folder: TemporaryFolder) throws -> [String] {
    try Snapshot.save(
      MemoryImage(state: image.state, memory: try image.memory()), path: folder.file("in.bin"))
    try folder.write(
      #"{"symbols":[{"name":"main.main","start":4096,"size":256}]}"#, to: "symbols.json")
    return ["run", "--input", folder.file("in.bin"), "--meta", folder.file("symbols.json")]
  }
}

/// What `witness` says of a snapshot.
func witness(_ path: String) throws -> JSONValue {
  let outcome = try Tool.run(["witness", "--input", path])
  try #require(outcome.exitCode == 0, "\(outcome.log)")
  return try JSONValue(outcome.output)
}
