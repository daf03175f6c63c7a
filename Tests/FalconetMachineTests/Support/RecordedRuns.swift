import FalconetMachine
import FalconetTestSupport
import Testing

/// Runs a machine from its first step to its end, and compares claims, witnesses, steps and exit code
/// with what was recorded.
func runAsRecorded(_ machine: Machine, _ vector: Vector) throws {
  #expect(machine.claim() == vector.prestateHash)
  #expect(!vector.checkpoints.isEmpty)
  for checkpoint in vector.checkpoints {
    _ = try machine.run(until: checkpoint.step)
    #expect(machine.step == checkpoint.step)
    try #require(machine.claim() == checkpoint.before, "before step \(checkpoint.step)")
    _ = try machine.run(until: checkpoint.step + 1)
    try #require(machine.claim() == checkpoint.after, "after step \(checkpoint.step)")
  }
  #expect(try machine.run(until: .max) == .exited)
  #expect(machine.step == vector.steps)
  #expect(machine.state.scalars.exitCode == vector.exitCode)
  #expect(machine.witness() == vector.finalWitness)
  #expect(machine.claim() == vector.finalHash)
}

/// Runs both machines in slices of random lengths up to a step, or to the program's end, and compares
/// them after each.
func runInSlices(_ machines: LockStep, to end: UInt64, seed: UInt64) throws {
  var random = SeededGenerator(seed: seed)
  while machines.plain.step < end {
    let budget = random.pick([1, 10, 1000, 30_000, 150_000] as [UInt64]) + random.next() % 100
    let outcome = try machines.advance(budget)
    if random.chance(16) { try machines.compareClaims() }
    if outcome == .stopped(.exited) { break }
    try #require(outcome == .stopped(.step))
  }
  try machines.compareMemory()
  try machines.compareClaims()
}
