import ArgumentParser
import FalconetDebug
import FalconetInsight
import FalconetMachine
import FalconetReplay
import Logging

struct DebugCommand: ParsableCommand, TakesServerWords {
  static let configuration = CommandConfiguration.command(
    "debug", usage: "<snapshot> [<options>] [-- <server> ...]",
    abstract: "Debug a run with gdb, forwards and backwards.",
    discussion: """
      Waits for gdb to connect ('target remote ADDRESS'), or starts it with --exec. Besides gdb's own \
      commands, reverse-step and reverse-continue among them, 'monitor help' lists what this debugger adds.
      The command line of a pre-image server follows --.
      """,
    examples: [
      "falconet debug state.bin.gz --preimages preimages --exec",
      "falconet debug state.bin.gz --listen 127.0.0.1:2159 -- op-program --server",
    ])

  @Option(help: ArgumentHelp("Step to go to first.", valueName: "step"))
  var at: UInt64?

  @Option(
    help: ArgumentHelp(
      "ELF file of the program, which gdb reads symbols and lines from.", valueName: "program"),
    completion: .file())
  var elf = ""

  @Option(
    help: ArgumentHelp(
      """
      Where to wait for a debugger: an IPv4 address and a port, 0 for any that is free, or the path \
      of a Unix socket (default: \(DebugAddress.usual); with --exec, a socket in TMPDIR). Whoever can \
      connect can read the guest's memory.
      """, valueName: "address"))
  var listen: String?

  @Flag(help: "Start gdb-multiarch, or gdb, and end when it ends.")
  var exec = false

  @Flag(
    help: """
      Allow writes to memory and registers. Each makes a branch of the run, whose claims are marked, and which \
      going back leaves.
      """)
  var whatIf = false

  @Option(
    help: ArgumentHelp(
      """
      Memory for earlier states, such as 512MiB; a number without a unit is MiB. With more of it, \
      going backwards far takes less time.
      """, valueName: "size"))
  var memory = BudgetSize(Timeline.usualMemory)

  @OptionGroup var replay: ReplayOptions

  func run() throws {
    let loggers = replay.logs.loggers
    let logger = loggers.logger("debug")
    let address = try DebugAddress(
      listen ?? (exec ? DebuggerProcess.socketName : DebugAddress.usual))
    let program = try DebuggedProgram(elf: elf)
    try replay.open(at: ("--at", at), copies: 2, loggers: loggers, logger) { machine in
      machine.logOutput(loggers)
      program.inspect(machine)
      let timeline = Timeline(machine, memoryLimit: memory.bytes)
      if let at { try go(to: at, timeline, logger) }
      try serve(timeline, program, at: address, logger)
    }
  }

  /// Goes to the first step that is looked at. A run that ends or fails before is looked at there.
  private func go(
    to step: UInt64, _ timeline: Timeline, _ logger: Logger
  ) throws(CommandError) {
    timeline.machine.shouldInterrupt = { Interruption.isRequested }
    do throws(MachineError) { try timeline.go(to: step) } catch {
      logger.warning("The run fails before the step of --at", metadata: ["err": "\(error)"])
    }
    if Interruption.isRequested { throw CommandError.interrupted }
    if timeline.step < step {
      logger.warning(
        "The run ends before the step of --at", metadata: ["step": "\(timeline.step)"])
    }
  }

  private func serve(
    _ timeline: Timeline, _ program: DebuggedProgram, at address: DebugAddress, _ logger: Logger
  ) throws(CommandError) {
    let listener = try DebugListener(address)
    if !address.isLocal {
      logger.warning(
        "Whoever can reach this address can read the guest's memory and write files here",
        metadata: ["address": "\(listener.name)"])
    }
    let debugger =
      exec ? try DebuggerProcess(listener.name, timeline.machine.version.wordSize, elf: elf) : nil
    if debugger == nil {
      logger.info(
        "Waiting for a debugger",
        metadata: ["address": "\(listener.name)", "gdb": "target remote \(listener.name)"])
    }
    while let connection = try listener.accept({ debugger?.hasEnded ?? false }) {
      let session = DebugSession(
        timeline, host: program, allowsChanges: whatIf,
        changeAdvice: "start 'falconet debug' with --what-if to try changes")
      let isKilled = try talk(session, connection)
      if isKilled && debugger == nil { return }
      if debugger == nil { logger.info("The debugger left: waiting for another") }
    }
  }

  /// Talks to a debugger until it leaves.
  ///
  /// - Returns: whether it asked for the end of the program.
  private func talk(
    _ session: DebugSession, _ connection: DebugConnection
  ) throws(CommandError) -> Bool {
    session.poll { [unowned session] in
      if Interruption.isRequested { session.end() }
      guard let bytes = connection.arrived else {
        session.end()
        return []
      }
      return bytes
    }
    while !session.isEnded {
      guard var bytes = try connection.receive() else { break }
      while !bytes.isEmpty {
        // A few packets at a time: their answers may be long.
        let part = Array(bytes.prefix(256))
        bytes.removeFirst(part.count)
        guard try connection.send(session.receive(part)) else { return session.isKilled }
      }
    }
    if Interruption.isRequested { throw CommandError.interrupted }
    return session.isKilled
  }
}
