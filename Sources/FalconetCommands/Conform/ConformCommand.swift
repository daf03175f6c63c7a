import ArgumentParser
import FalconetConform
import FalconetForeignVM
import FalconetOracle
import FalconetStreams
import FalconetSystem
import SystemPackage

struct ConformCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "conform", usage: "(--vm-library <file> | --vm-program <command>) [<program> ...] [<options>]",
    abstract: "Check whether a VM does what fpvm.h says, or what Cannon does.",
    discussion: """
      Runs programs on a VM in a shared library, and checks what any VM must do: that it is \
      deterministic, goes on from any state, proves its steps, and survives wrong arguments, failing \
      callbacks and corrupt states. A VM with Cannon's kinds of states is also given states of \
      which it is known what follows, and needs no program. Each area is checked in a process of its own, so that a VM that \
      crashes or hangs there fails in that area alone. The areas are in the order in which a fault is \
      nearest to its cause. A VM that is a program with Cannon's command line is called as such: its commands, \
      exit codes, states, stops, proofs and snapshots are checked, and what it makes of some of the \
      states. The exit code is 0 if the VM conforms, and 1 if it does not. A library is \
      code: it can do whatever the user can, and so can a program.
      """,
    examples: [
      "falconet conform --vm-library ./libcannon.so --fail-fast",
      "falconet conform --vm-program './cannon'",
      "falconet conform --vm-library ./libstack.so sum.stk",
      "falconet conform --vm-library ./libtape.so --preimage 696e707574=@in echo.bf",
    ])

  @Argument(
    help: ArgumentHelp("Programs, in the VM's own form.", valueName: "program"),
    completion: .file())
  var programs: [String] = []

  @Option(
    help: ArgumentHelp("Shared library that exports fpvm_get.", valueName: "file"),
    completion: .file())
  var vmLibrary: String?

  @Option(
    help: ArgumentHelp(
      "Command line of a VM with Cannon's flags, quoted as in a shell.", valueName: "command"))
  var vmProgram: String?

  @Option(
    help: ArgumentHelp(
      "Kind of state that --vm-program has, such as 8-1.8.0 (default: the newest of each version).",
      valueName: "name"))
  var vmKind: String?

  @Option(name: .customLong("vm-option"), help: ForeignOption.help)
  var vmOptions: [ForeignOption] = []

  @Option(
    help: ArgumentHelp(
      "Pre-image for the programs, as KEY=HEX or KEY=@FILE, the key in hexadecimal; may be repeated.",
      valueName: "key=value"))
  var preimage: [String] = []

  @Option(
    help: ArgumentHelp(
      "Directory of pre-images for the programs, in any layout in which hosts store them.",
      valueName: "directory"),
    completion: .directory)
  var preimages: String?

  @Option(
    name: .customLong("area"),
    help: ArgumentHelp("Area to check; may be repeated (default: all).", valueName: "area"))
  var areas: [ConformArea] = []

  @Option(help: ArgumentHelp("Steps of each program that are looked at.", valueName: "steps"))
  var steps = GoNumber(20_000)

  @Option(help: ArgumentHelp("How many of these are looked at one by one.", valueName: "count"))
  var samples = GoNumber(48)

  @Option(help: ArgumentHelp("Number that chooses them.", valueName: "number"))
  var seed = GoNumber(1)

  @Option(
    help: ArgumentHelp(
      """
      The most processor time that the VM may take in a check, such as 90s or 10m, and the longest that it may \
      do nothing (default: 60s, and less with --fail-fast).
      """, valueName: "time"))
  var checkTime: TimeSpan?

  @Flag(
    help:
      "Stop at the first failure; look at little of each area first, so that most faults show soon."
  )
  var failFast = false

  @Option(
    help: ArgumentHelp(
      "Directory for the bytes that show a failure, such as a state.", valueName: "directory"),
    completion: .directory)
  var keep: String?

  @Option(
    help: ArgumentHelp("File for a report in JUnit's form.", valueName: "file"),
    completion: .file())
  var junit: String?

  @Flag(help: "Print JSON.")
  var json = false

  /// Checks in this process, and tells what happens on descriptor 3.
  @Flag(help: .hidden)
  var worker = false

  /// What a worker looks at.
  @Option(help: .hidden)
  var look = ConformKit.Look.whole

  func run() throws {
    guard !programs.contains("-") else {
      throw UsageError("a program is read several times, so it cannot be standard input")
    }
    try checkOptions()
    if worker { return try work() }
    // What is wrong with them is an error before a process is started.
    _ = try inputs()
    let workers = ConformWorkers(
      arguments: workerArguments, watchesChecks: vmProgram == nil, checkTime: longestCheck)
    let all = vmProgram == nil ? ConformArea.ofLibraries : ConformArea.ofPrograms
    let chosen = areas.isEmpty ? all : areas
    // A program is a process at each call, so that there is little that is quick.
    let result =
      failFast
      ? try workers.checkUntilFailure(chosen, hasFirstLook: vmProgram == nil)
      : try workers.check(chosen)
    let view = ConformView(result)
    do {
      let files = try view.saveInputs(in: keep)
      if let junit { try view.writeJUnit(to: junit) }
      if json {
        try view.write(to: OutputFile.standard(), files)
      } else {
        try OutputFile.print(view.lines(files))
      }
    } catch { throw CommandError(error, while: "failed to write") }
    guard result.report.conforms else { throw ExitCode(1) }
  }

  private var longestCheck: Duration? {
    checkTime.map { .seconds(Int64(clamping: min($0.seconds, 1 << 30))) }
  }

  private func checkOptions() throws(UsageError) {
    guard checkTime?.seconds != 0 else { throw UsageError("--check-time is 0: give some time") }
    guard (vmLibrary == nil) != (vmProgram == nil) else {
      throw UsageError("the VM is missing, or given twice: give --vm-library or --vm-program")
    }
    guard let vmProgram else {
      guard vmKind == nil else { throw UsageError("--vm-kind needs --vm-program") }
      if let area = areas.first(where: \.isOfProgram) {
        throw UsageError("the area \(area.rawValue) needs --vm-program")
      }
      return
    }
    _ = try Self.words(vmProgram)
    let own = ConformArea.ofPrograms
    if let area = areas.first(where: { !own.contains($0) }) {
      throw UsageError("the area \(area.rawValue) needs --vm-library")
    }
    guard programs.isEmpty, vmOptions.isEmpty, preimage.isEmpty, preimages == nil else {
      throw UsageError("programs, --vm-option, --preimage and --preimages need --vm-library")
    }
  }

  private static func words(_ command: String) throws(UsageError) -> [String] {
    try CommandWords.program(command, flag: "--vm-program")
  }

  // MARK: A worker

  /// The command line that checks an area, but for the area.
  private var workerArguments: (before: [String], after: [String]) {
    var words = ["conform", "--worker"]
    if let vmLibrary { words += ["--vm-library", vmLibrary] }
    if let vmProgram { words += ["--vm-program", vmProgram] }
    if let vmKind { words += ["--vm-kind", vmKind] }
    if let preimages { words += ["--preimages", preimages] }
    for option in vmOptions { words += ["--vm-option", option.text] }
    for text in preimage { words += ["--preimage", text] }
    if let checkTime { words += ["--check-time", "\(checkTime.seconds)s"] }
    words += [
      "--steps", "\(steps.value)", "--samples", "\(samples.value)", "--seed", "\(seed.value)",
    ]
    return (words, ["--"] + programs)
  }

  private func work() throws {
    let wire = ConformWire(FileDescriptor(rawValue: 3))
    var effort = ConformKit.Effort()
    effort.steps = steps.value
    effort.samples = Int(clamping: samples.value)
    effort.seed = seed.value
    effort.failsFast = failFast
    effort.look = look
    if !areas.isEmpty { effort.areas = areas }
    if let vmProgram { return try work(vmProgram, effort, wire) }
    guard let vmLibrary else { return }
    let library: ForeignLibrary
    do throws(CommandError) {
      // The process that started this one watches it.
      library = try ForeignLibrary.load(vmLibrary, options: vmOptions, isWatched: false)
    } catch { return wire.send(.refused("\(error)")) }
    if programs.isEmpty, let obstacle = ConformKit.whyNotOfFamily(library) {
      return wire.send(.refused("\(library.name) needs a program: \(obstacle)"))
    }
    wire.send(.loaded(name: library.name, version: library.version))
    ConformKit.check(library, try inputs(), effort) { wire.send(.event($0)) }
    wire.send(.done)
  }

  /// Checks a program.
  private func work(
    _ command: String, _ effort: ConformKit.Effort, _ wire: ConformWire
  ) throws {
    let words = try Self.words(command)
    let folder = try WorkDirectory(label: "conform")
    wire.send(.loaded(name: words[0], version: ""))
    ProgramKit.check(
      ProgramKit.Command(
        program: words, server: [OwnProgram.path, "serve-preimages"],
        limit: longestCheck ?? .seconds(60),
        cancellation: Interruption.cancellation),
      kind: vmKind, folder: folder, effort
    ) { wire.send(.event($0)) }
    folder.discard()
    wire.send(.done)
  }

  // MARK: Inputs

  private func inputs() throws -> [ConformProgram] {
    let preimages = try allPreimages()
    return try programs.map { path in
      ConformProgram(name: path, bytes: try Self.bytes(of: path), preimages: preimages)
    }
  }

  private static func bytes(of path: String) throws(CommandError) -> [UInt8] {
    do { return try ByteReader(Inputs.source(path)).readAll(limit: 1 << 32) } catch {
      throw CommandError(error, while: "failed to read")
    }
  }

  private func allPreimages() throws -> [[UInt8]: [UInt8]] {
    var result = try preimages.map(ConformPreimages.all) ?? [:]
    for text in preimage {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let key = Hex.decode(parts[0]) else {
        throw UsageError("--preimage \(text) is not KEY=HEX or KEY=@FILE, the key in hexadecimal")
      }
      if parts[1].utf8.first == UInt8(ascii: "@") {
        result[key] = try Self.bytes(of: String(parts[1].dropFirst()))
      } else if let value = Hex.decode(parts[1]) {
        result[key] = value
      } else {
        throw UsageError("--preimage \(text): the value is not hexadecimal; @FILE names a file")
      }
    }
    return result
  }
}

extension ConformArea: ExpressibleByArgument {}
extension ConformKit.Look: ExpressibleByArgument {}
