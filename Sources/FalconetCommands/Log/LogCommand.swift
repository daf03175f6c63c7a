import ArgumentParser
import FalconetInsight
import FalconetMachine
import FalconetReplay
import FalconetStreams

struct LogCommand: ParsableCommand, TakesServerWords {
  static let configuration = CommandConfiguration.command(
    "log", usage: "<snapshot> [<options>] [-- <server> ...]",
    abstract: "Print the system calls, hints and pre-images of a run, or its instructions.",
    discussion: """
      Executes the run once, from the snapshot to --until or its end. Each line has the step, the thread \
      and the time of the guest's clock; then a system call and its answer, a hint, or the pre-image that \
      the step begins to read, with the function that asked. With --instructions, each step is printed, \
      with the registers that it changes. The command line of a pre-image server follows --.
      """,
    examples: [
      "falconet log state.bin.gz --meta meta.json --preimages preimages",
      "falconet log state.bin.gz --elf program.elf --instructions 565120..565140",
    ])

  @Flag(help: "Print hints and pre-images only, not the system calls that read and write them.")
  var host = false

  @Flag(help: "Print how long each system call took, as <seconds>: waiting for the host, mostly.")
  var durations = false

  @Option(
    help: ArgumentHelp(
      "Print the instructions of these steps, the last one excluded.", valueName: "first..last"))
  var instructions: StepRange?

  @OptionGroup var options: ScanOptions

  func validate() throws {
    guard let instructions else { return }
    guard options.since == nil, options.until == nil, !host, !durations else {
      throw ValidationError("--instructions has steps of its own, and prints nothing else")
    }
    guard instructions.first < instructions.last else {
      throw ValidationError("--instructions: there is no step before \(instructions.last)")
    }
  }

  func run() throws {
    if let instructions {
      var options = options
      options.since = GoNumber(instructions.first)
      try options.run("log", from: "--instructions") { machine, guest in
        try list(machine, guest, until: instructions.last)
      }
    } else {
      try options.run("log", log)
    }
  }

  private func log(_ machine: Machine, _ guest: GuestProgram) throws {
    let output = ScanOutput(machine, guest)
    let lines = LineOutput()
    var request = ScanRequest()
    request.conditions.systemCalls = !host
    request.preimages = true
    request.hints = true
    request.measuresTime = durations
    let result: Result<Void, CommandError>
    do throws(CommandError) {
      try options.scan(machine, guest, request) {
        (hit) throws(CommandError) in
        if options.json {
          try lines.print(json(hit, output))
        } else {
          for event in hit.events { try lines.print(line(event, of: hit, output)) }
        }
        return true
      }
      result = .success(())
    } catch { result = .failure(error) }
    try lines.flush()
    try result.get()
  }

  // MARK: Lines

  /// The guest's clock, in seconds.
  private func time(_ hit: ScanHit) -> String {
    let digits = String(hit.step % GuestClock.stepsPerSecond)
    let zeros = String(repeating: "0", count: 7 - digits.utf8.count)
    return "\(hit.step / GuestClock.stepsPerSecond).\(zeros)\(digits)"
  }

  private func line(_ event: ScanHit.Event, of hit: ScanHit, _ output: ScanOutput) -> String {
    var text = "\(hit.step) \(hit.thread.id) \(time(hit)) \(output.text(event, hit))"
    switch event {
    case .hint, .preimage: text += output.caller(of: hit.thread).map { " in \($0)" } ?? ""
    case .systemCall:
      if let duration = hit.duration { text += " <\(Self.seconds(duration))>" }
    case .instruction, .call, .access, .output: break
    }
    return text
  }

  /// Seconds with six digits behind the point.
  private static func seconds(_ duration: Duration) -> String {
    let (seconds, rest) = duration.components
    let digits = String(rest / 1_000_000_000_000)
    return "\(seconds).\(String(repeating: "0", count: 6 - digits.utf8.count))\(digits)"
  }

  private func json(_ hit: ScanHit, _ output: ScanOutput) -> String {
    output.json(hit) { (json) throws(StreamError) in
      try json.member("time", time(hit))
      if let duration = hit.duration {
        try json.member("duration", Self.seconds(duration))
      }
      let isHost = hit.events.contains {
        switch $0 {
        case .hint, .preimage: true
        case .instruction, .call, .access, .systemCall, .output: false
        }
      }
      if isHost, let caller = output.caller(of: hit.thread) { try json.member("caller", caller) }
    }
  }

  // MARK: Instructions

  private func list(
    _ machine: Machine, _ guest: GuestProgram, until last: UInt64
  ) throws(CommandError) {
    let listing = InstructionListing(machine, guest)
    let lines = LineOutput()
    defer { try? lines.flush() }
    while machine.step < last, !machine.hasExited {
      if Interruption.isRequested { throw .interrupted }
      let row: InstructionListing.Row
      do throws(MachineError) { row = try listing.step() } catch {
        try lines.flush()
        throw CommandError(error, in: machine, symbols: guest.symbols)
      }
      if let thread = options.thread?.value, row.thread != thread { continue }
      if options.json {
        try lines.print(listing.json(row))
      } else {
        for line in listing.lines(row) { try lines.print(line) }
      }
    }
    try lines.flush()
  }
}

/// Steps from one to another, `A..B`.
struct StepRange: ExpressibleByArgument {
  let first: UInt64
  /// The first step that is not in it.
  let last: UInt64

  init?(argument: String) {
    guard let dots = argument.firstRange(of: ".."),
      let first = GoNumber(argument[..<dots.lowerBound]),
      let last = GoNumber(argument[dots.upperBound...])
    else { return nil }
    self.first = first.value
    self.last = last.value
  }
}
