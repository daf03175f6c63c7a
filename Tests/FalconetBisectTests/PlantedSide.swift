import FalconetBisect
import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Keccak

/// A run here that goes wrong at one step: a register that nothing uses changes with it.
final class PlantedSide: BisectSide {
  let name = "B"
  let start: UInt64
  let steps: [UInt64]? = nil
  private(set) var claimCount = 0
  private(set) var executed: UInt64 = 0
  var version: StateVersion? { machine.version }

  /// The number of steps after which the state is wrong.
  private let fault: UInt64
  private let oracle: any PreimageOracle
  private var machine: Machine
  private var kept: MachineImage
  private var isWrong = false
  private var keptIsWrong = false

  init(_ machine: Machine, fault: UInt64, oracle: any PreimageOracle) {
    self.machine = machine
    self.fault = fault
    self.oracle = oracle
    start = machine.step
    kept = MachineImage(of: machine)
  }

  func claim(at step: UInt64) throws(BisectError) -> SideClaim {
    claimCount += 1
    try go(to: step)
    return SideClaim(value: .claim(machine.claim()), isEnd: machine.hasExited)
  }

  func saveState() throws(BisectError) {
    kept = MachineImage(of: machine)
    keptIsWrong = isWrong
  }

  func execute(_ step: UInt64) throws(BisectError) -> SideStep {
    try go(to: step)
    guard let witness = try? machine.prove() else { return SideStep() }
    executed += 1
    var proof = StepProof(witness)
    if machine.step == fault { alter() }
    proof.post = machine.claim()
    var result = SideStep()
    result.proof = proof
    result.after = MemoryImage(machine)
    return result
  }

  private func go(to step: UInt64) throws(BisectError) {
    if machine.step > step {
      machine = try Self.machine(kept, oracle)
      isWrong = keptIsWrong
    }
    let before = machine.step
    defer { executed += machine.step - before }
    do {
      if !isWrong, fault <= step {
        _ = try machine.run(until: fault)
        if machine.step == fault { alter() }
      }
      _ = try machine.run(until: step)
    } catch { throw .mismatch("\(error)") }
  }

  private func alter() {
    var image = MachineImage(of: machine)
    image[register: 26] ^= 1
    if let altered = try? image.machine(oracle: oracle) { machine = altered }
    isWrong = true
  }

  private static func machine(
    _ image: MachineImage, _ oracle: any PreimageOracle
  ) throws(BisectError) -> Machine {
    do { return try image.machine(oracle: oracle) } catch { throw .mismatch("\(error)") }
  }
}
