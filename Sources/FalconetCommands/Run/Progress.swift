import FalconetELF
import FalconetMachine
import Logging

/// Reports the progress of a run: log lines at the requested steps, and on a terminal one line that is
/// drawn again.
package final class Progress {
  private let logger: Logger
  private let console: Console
  private let symbols: SymbolTable?
  private let stop: UInt64?
  private let watch: HostWatch
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private let firstStep: UInt64
  private var lastDrawn: ContinuousClock.Instant

  /// - Parameters:
  ///   - machine: the machine at the start of the run.
  ///   - stop: the step that the run is known to stop at.
  init(
    _ machine: Machine, symbols: SymbolTable?, stop: UInt64?, watch: HostWatch, loggers: Loggers,
    logger: Logger
  ) {
    self.logger = logger
    self.symbols = symbols
    self.stop = stop
    self.watch = watch
    console = loggers.console
    start = clock.now
    lastDrawn = start
    firstStep = machine.step
  }

  /// Logs the line that `--info-at` asks for.
  func log(_ machine: Machine) {
    let pc = machine.state.activeThread?.pc ?? 0
    let instruction = machine.memory.instruction(at: pc)
    logger.info(
      "processing",
      metadata: [
        "step": .stringConvertible(machine.step), "pc": "\(Self.hex8(pc))",
        "insn": "\(Self.hex8(UInt64(instruction)))", "ips": "\(stepsPerSecond(machine))",
        "pages": .stringConvertible(machine.memory.pageCount),
        "mem": "\(Self.size(ofPages: machine.memory.pageCount))",
        "name": "\(symbols?.sourceName(at: pc) ?? SymbolTable.unknown)",
      ])
  }

  /// Draws the progress line, at most some times a second.
  func draw(_ machine: Machine) {
    guard console.isTerminal else { return }
    let now = clock.now
    guard now - lastDrawn > .milliseconds(200) else { return }
    lastDrawn = now
    let pc = machine.state.activeThread?.pc ?? 0
    let speed = stepsPerSecond(machine)
    var line = "step \(machine.step.grouped), \(Int(speed / 1e6)) M steps/s"
    line += ", \(Self.size(ofPages: machine.memory.pageCount))"
    if let symbols { line += ", \(CannonLogHandler.quoted(symbols.sourceName(at: pc)))" }
    if let left = stop.map({ $0 &- machine.step }), left > 0, speed > 0 {
      line += ", \(Self.time(seconds: Double(left) / speed)) left"
    }
    line += watch.summary
    console.show(status: line)
  }

  func end() { console.clearStatus() }

  private func stepsPerSecond(_ machine: Machine) -> Double {
    let elapsed = (clock.now - start) / .seconds(1)
    return elapsed > 0 ? Double(machine.step &- firstStep) / elapsed : 0
  }

  /// Eight hexadecimal digits of the low 32 bits.
  static func hex8(_ value: UInt64) -> String {
    let digits = String(value & 0xFFFF_FFFF, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// The size of so many pages with one decimal, as Cannon gives it.
  package static func size(ofPages count: Int) -> String {
    var value = Double(count) * 4096
    var unit = "B"
    for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1024 {
      value /= 1024
      unit = next
    }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(unit)"
  }

  private static func time(seconds: Double) -> String {
    guard seconds < 1e9 else { return "years" }
    let total = Int(seconds.rounded(.up))
    let (hours, minutes) = (total / 3600, total / 60 % 60)
    if hours > 0 { return "\(hours) h \(minutes) min" }
    return minutes > 0 ? "\(minutes) min \(total % 60) s" : "\(total) s"
  }
}
