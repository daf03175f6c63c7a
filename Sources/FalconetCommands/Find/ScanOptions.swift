import ArgumentParser
import FalconetInsight
import FalconetMachine
import FalconetReplay
import Logging

/// The flags of commands that execute part of a run once and print what it does.
struct ScanOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The first step that counts; those before are executed only.", valueName: "step"))
  var since: GoNumber?

  @Option(help: ArgumentHelp("The step to stop at.", valueName: "step"))
  var until: GoNumber?

  @Option(
    help: ArgumentHelp("Only steps of this thread, by its number.", valueName: "id"))
  var thread: GoNumber?

  @Flag(help: "Print JSON: an object on each line.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "ELF file of the program, for the names of functions.", valueName: "program"),
    completion: .file())
  var elf = ""

  @Option(
    help: ArgumentHelp("Symbols, as load-elf writes them.", valueName: "file"), completion: .file())
  var meta = ""

  @OptionGroup var replay: ReplayOptions

  func validate() throws {
    if let since, let until, since.value > until.value {
      throw ValidationError("--since is after --until")
    }
  }

  /// Opens what the flags say, and goes to the first step that counts.
  ///
  /// - Parameters:
  ///   - name: the command's, for its log.
  ///   - flag: what says the first step.
  ///   - body: gets the machine at that step, and its program.
  func run(
    _ name: String, from flag: String = "--since", _ body: (Machine, GuestProgram) throws -> Void
  ) throws {
    let loggers = replay.logs.loggers
    let logger = loggers.logger(name)
    let guest: GuestProgram
    if elf.isEmpty && meta.isEmpty {
      guest = GuestProgram(symbols: nil)
    } else {
      guest = try Inputs.program(elf: elf, meta: meta, logger).0
    }
    try replay.open(at: (flag, since?.value), copies: 1, loggers: loggers, logger) { machine in
      machine.shouldInterrupt = { Interruption.isRequested }
      try skip(machine, guest)
      try body(machine, guest)
    }
  }

  /// Goes to the first step that counts.
  private func skip(_ machine: Machine, _ guest: GuestProgram) throws(CommandError) {
    guard let since else { return }
    let stop: StopReason
    do { stop = try machine.run(until: since.value) } catch {
      throw CommandError(error, in: machine, symbols: guest.symbols)
    }
    if stop == .interrupted { throw .interrupted }
  }

  /// Executes to the last step, and hands out what is found.
  func scan(
    _ machine: Machine, _ guest: GuestProgram, _ request: ScanRequest,
    where includes: (ScanHit.Event) -> Bool = { _ in true },
    report: (ScanHit) throws(CommandError) -> Bool
  ) throws(CommandError) {
    var failure: CommandError?
    var request = request
    request.thread = thread?.value
    let stop: ObservedStop
    do throws(MachineError) {
      stop = try machine.scan(until: until?.value ?? .max, for: request, where: includes) { hit in
        do throws(CommandError) { return try report(hit) } catch {
          failure = error
          return false
        }
      }
    } catch {
      throw CommandError(error, in: machine, symbols: guest.symbols)
    }
    if let failure { throw failure }
    if stop == .interrupted { throw CommandError.interrupted }
  }
}

/// Lines for standard output, which are written many at a time.
final class LineOutput {
  private var lines: [String] = []
  private var size = 0

  func print(_ line: String) throws(CommandError) {
    lines.append(line)
    size += line.utf8.count
    if size > 1 << 16 { try flush() }
  }

  func flush() throws(CommandError) {
    guard !lines.isEmpty else { return }
    defer {
      lines.removeAll(keepingCapacity: true)
      size = 0
    }
    do { try OutputFile.print(lines) } catch {
      throw CommandError(error, while: "failed to write")
    }
  }
}
