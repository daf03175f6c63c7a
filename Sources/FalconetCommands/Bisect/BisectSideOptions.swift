import ArgumentParser
import FalconetBisect
import FalconetForeignVM
import FalconetMachine
import FalconetOracle

/// What the two sides of a comparison are.
struct BisectSideOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("List of claims that is side A.", valueName: "file"), completion: .file())
  var claimsA: String?

  @Option(
    help: ArgumentHelp("List of claims that is side B.", valueName: "file"), completion: .file())
  var claimsB: String?

  @Option(
    help: ArgumentHelp(
      "Library with fpvm.h of the VM that is side A.", valueName: "file"), completion: .file())
  var vmLibraryA: String?

  @Option(
    name: [.customLong("vm-program-a"), .customLong("program-a")],
    help: ArgumentHelp(
      "Command line of the VM that is side A, with Cannon's flags, quoted as in a shell.",
      valueName: "command"))
  var programA: String?

  @Option(
    help: ArgumentHelp(
      "Library with fpvm.h of the VM that is side B.", valueName: "file"), completion: .file())
  var vmLibraryB: String?

  @Option(
    name: [.customLong("vm-program-b"), .customLong("program-b")],
    help: ArgumentHelp(
      "Command line of the VM that is side B, with Cannon's flags, quoted as in a shell.",
      valueName: "command"))
  var programB: String?

  @Option(
    name: .customLong("vm-option-a"),
    help: ArgumentHelp(
      "Option of side A's library, such as engine=step; may be repeated.",
      valueName: "name=value"))
  var vmOptionsA: [ForeignOption] = []

  @Option(
    name: .customLong("vm-option-b"),
    help: ArgumentHelp(
      "Option of side B's library; may be repeated.", valueName: "name=value"))
  var vmOptionsB: [ForeignOption] = []

  @Option(
    help: ArgumentHelp(
      "More flags for the run command of side A's program, quoted as in a shell.",
      valueName: "flags"))
  var flagsA = ""

  @Option(
    help: ArgumentHelp(
      "More flags for the run command of side B's program, quoted as in a shell.",
      valueName: "flags"))
  var flagsB = ""

  @Option(
    help: ArgumentHelp(
      """
      What executes the steps of a side A that runs here: translator, portable, step or check.
      """, valueName: "engine"))
  var engineA = EngineKind.translator

  @Option(
    help: ArgumentHelp(
      """
      What executes the steps of a side B that runs here: translator, portable, step or check.
      """, valueName: "engine"))
  var engineB = EngineKind.translator

  @Option(
    help: ArgumentHelp(
      """
      Revision of the state version for runs here, by contract version or date, as 'falconet \
      list' names it (default: the one that the snapshot records, or else the newest).
      """, valueName: "revision"))
  var revision: String?

  @Option(
    help: ArgumentHelp(
      "Revision of a side B that runs here, if it is a different one.", valueName: "revision"))
  var revisionB: String?

  @Option(
    help: ArgumentHelp(
      "Directory in which a host stored the pre-images for runs here.", valueName: "directory"),
    completion: .directory)
  var preimages: String?

  @Option(
    help: ArgumentHelp(
      """
      Directory of pre-images for side B, if it is a different one.
      """, valueName: "directory"), completion: .directory)
  var preimagesB: String?

  @Option(
    name: .customLong("local"),
    help: ArgumentHelp(
      "Local input, as INDEX=HEX, INDEX=@FILE or, with --program, NAME=VALUE; may be repeated.",
      valueName: "input=value"))
  var locals: [String] = []

  @Option(
    name: .customLong("local-b"),
    help: ArgumentHelp(
      "Local input of side B; if any is given, --local does not apply to it.",
      valueName: "input=value"))
  var localsB: [String] = []

  @OptionGroup var game: GameProgramOption

  @OptionGroup(title: "Pre-image server") var host: HostFlags
  @OptionGroup(title: "Store of pre-images") var store: StoreFlags

  /// The sides as they were asked for.
  func plan(
    input: String, inputB: String, server: [String]
  ) throws(UsageError) -> (a: BisectSidePlan, b: BisectSidePlan) {
    let a = try plan(
      "a", claimsA, vmLibraryA, vmOptionsA, programA, flagsA, engineA, revision, preimages, locals,
      input,
      server)
    let b = try plan(
      "b", claimsB, vmLibraryB, vmOptionsB, programB, flagsB, engineB, revisionB ?? revision,
      preimagesB ?? preimages,
      localsB.isEmpty ? locals : localsB, inputB, server)
    return (a, b)
  }

  private func plan(
    _ letter: String, _ claims: String?, _ library: String?, _ options: [ForeignOption],
    _ program: String?, _ flags: String, _ engine: EngineKind, _ revision: String?,
    _ folder: String?, _ locals: [String],
    _ input: String,
    _ server: [String]
  ) throws(UsageError) -> BisectSidePlan {
    let given = [
      ("claims", claims), ("vm-library", library), ("program", program),
    ].filter { $0.1 != nil }.map { "--\($0.0)-\(letter)" }
    guard given.count < 2 else {
      throw UsageError("\(given[0]) and \(given[1]) exclude one another")
    }
    guard options.isEmpty || library != nil else {
      throw UsageError("--vm-option-\(letter) needs --vm-library-\(letter)")
    }
    if let claims { return .claims(claims) }
    guard !input.isEmpty, input != "-" else {
      throw UsageError(
        "a side that runs needs a snapshot file to start from: give one with --input")
    }
    if let program {
      return .program(
        ProgramSide.Command(
          program: try CommandWords.program(program, flag: "--program-\(letter)"),
          flags: try CommandWords.of(flags, flag: "--flags-\(letter)"), server: server),
        input: input)
    }
    guard server.isEmpty || folder == nil else {
      throw UsageError("a server after -- and --preimages exclude one another: leave one out")
    }
    var source = PreimageSource(
      server: server, folder: folder, locals: try game.inputs(locals))
    host.apply(to: &source)
    try store.apply(to: &source)
    if let library {
      guard source.cache == nil else {
        throw UsageError("a store has no pre-images of other VMs: leave the flags of the store out")
      }
      source.checksKeys = false
      return .library(library, options, input: input, preimages: source, folder: folder)
    }
    return .here(input: input, engine: engine, revision: revision, preimages: source)
  }
}

/// One side of a comparison, before it is opened.
enum BisectSidePlan {
  case claims(String)
  case program(ProgramSide.Command, input: String)
  case library(
    String, [ForeignOption], input: String, preimages: PreimageSource, folder: String?)
  case here(input: String, engine: EngineKind, revision: String?, preimages: PreimageSource)

  /// Opens the side. A server that is started for it is added to `servers`.
  func open(
    _ name: String, _ folder: WorkDirectory, _ options: SnapshotOptions, _ limits: ResourceLimits,
    _ servers: inout [PreimageHost]
  ) throws -> any BisectSide {
    switch self {
    case .claims(let path):
      return try ClaimsSide(name: name, Inputs.source(path))
    case .program(var command, let input):
      command.cancellation = Interruption.cancellation
      return try ProgramSide(
        name: name, command, snapshot: input, folder: folder,
        pageLimit: limits.pageLimit(copies: 2))
    case .library(let path, let options, let input, let preimages, let stored):
      let opened = try preimages.open(Loggers(format: .text, level: .info))
      if let server = opened.server { servers.append(server) }
      let library = try ForeignLibrary.load(path, options: options)
      let run: any ForeignRun
      do throws(ForeignError) {
        run = try ForeignVM.library(library).open(
          input, folder: folder, host: ForeignHost(opened.oracle, folder: stored))
      } catch { throw CommandError(error) }
      return try ForeignSide(name: name, run, verifier: library)
    case .here(let input, let engine, let revision, let preimages):
      let loggers = Loggers(format: .text, level: .info)
      let opened = try preimages.open(loggers)
      if let server = opened.server { servers.append(server) }
      let image = try Inputs.snapshot(
        input, options, isHashed: true, pageLimit: limits.pageLimit(copies: 2))
      let chosen: Revision
      do { chosen = try Revision.chosen(named: revision, for: image.state) } catch {
        throw CommandError("\(error)")
      }
      return MachineSide(
        name: name, image: image, oracle: opened.oracle, engine: engine, folder: folder,
        revision: chosen, hintLimit: limits.hintLimit.bytes,
        cancellation: Interruption.cancellation)
    }
  }
}
