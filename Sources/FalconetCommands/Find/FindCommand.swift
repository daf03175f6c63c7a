import ArgumentParser
import FalconetInsight
import FalconetMachine
import FalconetReplay

struct FindCommand: ParsableCommand, TakesServerWords {
  static let configuration = CommandConfiguration.command(
    "find", usage: "<snapshot> [<options>] [-- <server> ...]",
    abstract:
      "Find the steps of a run that write or read an address, reach a function, or call the system.",
    discussion: """
      Executes the run once, from the snapshot to --until or its end, and prints the steps for which one \
      of the conditions holds, with what they do. Conditions may be repeated; without any, all system \
      calls are printed. --thread and --value leave out steps. Numbers are hexadecimal with 0x, or decimal.
      The command line of a pre-image server follows --.
      """,
    examples: [
      "falconet find state.bin.gz --preimages preimages --syscall write",
      "falconet find state.bin.gz --writes 0x2035a0:8 --last 1 -- op-program --server",
      "falconet find --folder game --since 5000000 --until 6000000 --syscall write",
    ])

  @Option(
    help: ArgumentHelp(
      "Writes of these bytes; one byte if no length follows.", valueName: "address[:length]"))
  var writes: [String] = []

  @Option(
    help: ArgumentHelp(
      "Reads of these bytes. The run is slower meanwhile.", valueName: "address[:length]"))
  var reads: [String] = []

  @Option(
    help: ArgumentHelp(
      "Steps that execute this instruction, or a function's first.", valueName: "address|function"))
  var pc: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      Calls of a function, with the registers of arguments, or of a Go program the words on the stack.
      """, valueName: "function"))
  var calls: [String] = []

  @Option(
    help: ArgumentHelp(
      "System calls with this name or number; 'any' for all.", valueName: "name"))
  var syscall: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      Steps that begin to read a pre-image whose key begins with these hexadecimal digits, or has \
      this type, such as sha256; 'any' for all.
      """, valueName: "prefix"))
  var preimage: [String] = []

  @Option(
    help: ArgumentHelp(
      "Steps that write this text, or its last part, to standard output or error.",
      valueName: "text"))
  var output: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      Only steps before which a register, such as a0, r4, hi or lo, has this value. All must hold.
      """, valueName: "register=value"))
  var value: [String] = []

  @Option(help: ArgumentHelp("Stop after this many.", valueName: "count"))
  var first: Int?

  @Option(help: ArgumentHelp("Print only the last ones.", valueName: "count"))
  var last: Int?

  @Flag(help: "Print only how many there are.")
  var count = false

  @OptionGroup var options: ScanOptions

  func validate() throws {
    guard first ?? 1 > 0, last ?? 1 > 0 else {
      throw ValidationError("--first and --last take a count of at least 1")
    }
    guard first == nil || last == nil else {
      throw ValidationError("--first and --last exclude each other")
    }
  }

  func run() throws {
    try options.run("find") { machine, guest in
      let query = try FindQuery(
        FindConditions(
          writes: writes, reads: reads, pcs: pc, calls: calls, systemCalls: syscall,
          preimages: preimage, output: output, values: value),
        guest.symbols, machine.version)
      try scan(machine, query, guest)
    }
  }

  private func scan(
    _ machine: Machine, _ query: FindQuery, _ guest: GuestProgram
  ) throws(CommandError) {
    let output = ScanOutput(machine, guest)
    let lines = LineOutput()
    var found = 0
    var kept: [ScanHit] = []
    let result: Result<Void, CommandError>
    do throws(CommandError) {
      try options.scan(machine, guest, query.request, where: query.includes) {
        (hit) throws(CommandError) in
        found += 1
        if count { return found != first }
        if let last {
          kept.append(hit)
          // The oldest go in large parts, so that a step costs little.
          if kept.count >= 2 * last + 1024 { kept.removeFirst(kept.count - last) }
        } else {
          try lines.print(options.json ? output.json(hit) : output.line(hit))
        }
        return found != first
      }
      result = .success(())
    } catch { result = .failure(error) }
    // A run that fails has found what it has found.
    if count {
      try lines.print("\(found)")
    } else if let last {
      for hit in kept.suffix(last) {
        try lines.print(options.json ? output.json(hit) : output.line(hit))
      }
    }
    try lines.flush()
    try result.get()
  }
}
