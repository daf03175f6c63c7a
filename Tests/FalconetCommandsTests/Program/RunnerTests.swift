import FalconetInsight
import FalconetMachine
import FalconetOracle
import Testing

@testable import FalconetCommands

struct RunnerTests {
  @Test func `nothing holds a machine after its run`() throws {
    weak var machine: Machine?
    try run { machine = $0 }
    #expect(machine == nil)
  }

  private func run(_ note: (Machine) -> Void) throws {
    let machine = Machine(
      state: MachineState(version: .v8, entry: 0x1000), memory: Memory(wordSize: .bits64))
    note(machine)
    let loggers = Loggers(format: .text, level: .error)
    let logger = loggers.logger("vm")
    let events = try EventOptions.parse(["--stop-at", "=3", "--info-at", "never"])
    let plan = try events.plan(output: "", debugInfo: "", tracesThreads: false)
    let watch = HostWatch(PreimageActivity(), loggers)
    let progress = Progress(
      machine, symbols: nil, stop: 3, watch: watch, loggers: loggers, logger: logger)
    try Runner(
      machine: machine, from: "-", plan: plan, guest: GuestProgram(symbols: nil),
      progress: progress, watch: watch, logger: logger
    ).run()
    #expect(machine.step == 3)
  }
}
