import FalconetMachine
import FalconetStreams
import Keccak

/// What the demo did.
struct DemoReport {
  let version: StateVersion
  let directory: String
  var loading = Duration.zero
  var executing = Duration.zero
  var firstClaim = Bytes32()
  private var files: [(what: String, path: String)] = []
  private var lastClaim = Bytes32()
  private var output: [Substring] = []
  private var steps: UInt64 = 0
  private var exitCode: UInt8 = 0
  private var preimageReads: UInt64 = 0
  private var pages = 0

  init(version: StateVersion, directory: String) {
    self.version = version
    self.directory = directory
  }

  /// Notes a file or directory that the demo makes.
  ///
  /// - Returns: its path.
  mutating func add(_ what: String, _ name: String) -> String {
    let path = "\(directory)/\(name)"
    files.append((what, path))
    return path
  }

  /// Notes how the program ended.
  mutating func note(_ machine: Machine, output: [UInt8]) {
    self.output = String(decoding: output, as: UTF8.self).split(separator: "\n")
    exitCode = machine.state.scalars.exitCode
    steps = machine.step
    preimageReads = machine.statistics.preimageRequests
    pages = machine.memory.pageCount
    lastClaim = machine.claim()
  }

  // MARK: Text

  var lines: [String] {
    var rows = [
      ("state version", "\(version.rawValue) (\(version.name))"),
      ("claim at step 0", "\(firstClaim)"),
      ("loaded and written in", "\(Self.milliseconds(loading)) ms"),
      ("executed in", "\(Self.milliseconds(executing)) ms"),
      ("program's output", output.joined(separator: " / ")),
      ("exit code", "\(exitCode)"),
      ("steps", steps.forReader),
      ("pre-images read", preimageReads.forReader),
      ("memory", Progress.size(ofPages: pages)),
      ("last claim", "\(lastClaim)"),
    ]
    rows += files.map { ($0.what, $0.path) }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width - name.count + 2) + value
    } + next
  }

  /// What to try with the files.
  private var next: [String] {
    func path(_ name: String) -> String { Self.shellWord("\(directory)/\(name)") }
    let symbols = path("meta.json")
    return [
      "",
      "Try next:",
      "  falconet verify \(path("proof-\(DemoProgram.firstRead).json.gz"))",
      "  falconet inspect \(path("state-\(DemoProgram.snapshotStep).bin.gz")) --meta \(symbols)",
      "  falconet run --input \(path("state.bin.gz")) --preimages \(path("preimages"))"
        + " --meta \(symbols) --proof-at %1000000 --profile profile.svg",
      "  falconet check-elf \(path("program.elf")) --type \(version.rawValue)",
    ]
  }

  /// The text as one word of a shell.
  private static func shellWord(_ text: String) -> String {
    let plain = text.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "/._-".contains($0))
    }
    return plain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
  }

  private static func milliseconds(_ duration: Duration) -> Int {
    Int((duration / .milliseconds(1)).rounded())
  }

  // MARK: JSON

  func write(to sink: any ByteSink) throws(StreamError) {
    let json = JSONWriter(to: sink)
    try json.beginObject()
    try json.member("stateVersion", version.rawValue)
    try json.member("name", version.name)
    try json.member("firstClaim", hex: firstClaim.bytes)
    try json.member("lastClaim", hex: lastClaim.bytes)
    try json.member("steps", steps)
    try json.member("exitCode", exitCode)
    try json.member("output", array: output) { (line) throws(StreamError) in
      try json.string(String(line))
    }
    try json.member("preimagesRead", preimageReads)
    try json.member("pages", pages)
    try json.member("millisecondsLoading", Self.milliseconds(loading))
    try json.member("millisecondsExecuting", Self.milliseconds(executing))
    try json.member("files", objects: files) { (file) throws(StreamError) in
      try json.member("what", file.what)
      try json.member("path", fileName: file.path)
    }
    try json.endObject()
    try json.finish()
  }
}
