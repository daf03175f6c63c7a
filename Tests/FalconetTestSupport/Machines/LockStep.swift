import FalconetMachine

/// Two machines of one image that must stay the same: one executes as the engine does, one step by
/// plain step.
package final class LockStep {
  /// How the two machines differ.
  package struct Divergence: Error, Sendable, CustomStringConvertible {
    package var description: String
  }

  /// How a slice ended.
  package enum Outcome: Sendable, Equatable {
    case stopped(StopReason)
    /// A step failed, with this message.
    case failed(String)
  }

  package let fast: Machine
  package let plain: Machine
  private var outputs: (fast: OutputDigest, plain: OutputDigest) = (OutputDigest(), OutputDigest())

  package init(
    _ image: MachineImage, _ setup: EngineSetup = .translator,
    oracle: any PreimageOracle = NoPreimages()
  ) throws(HostMemoryError) {
    fast = try image.machine(setup, oracle: oracle)
    plain = try image.machine(.step, oracle: oracle)
    fast.onOutput = { [unowned self] in self.outputs.fast.add($0, $1) }
    plain.onOutput = { [unowned self] in self.outputs.plain.add($0, $1) }
  }

  /// Executes at most `steps` steps on both, and compares all that is not memory, and output.
  package func advance(_ steps: UInt64) throws(Divergence) -> Outcome {
    let limit = fast.step &+ steps
    let outcome = Self.run(fast, until: limit)
    let expected = Self.run(plain, until: limit)
    guard outcome == expected else {
      throw Divergence(description: "ended with \(outcome), not with \(expected)")
    }
    if fast.state != plain.state { throw difference }
    guard outputs.fast == outputs.plain else {
      throw Divergence(description: "output differs, up to step \(plain.step)")
    }
    guard fast.statistics == plain.statistics else {
      throw Divergence(
        description: "up to step \(plain.step), \(fast.statistics) not \(plain.statistics)")
    }
    return outcome
  }

  /// Compares the pages of memory.
  package func compareMemory() throws(Divergence) {
    if let address = fast.memory.firstDifference(from: plain.memory) {
      throw Divergence(
        description: "memory differs at 0x\(String(address, radix: 16)), up to step \(plain.step)")
    }
  }

  /// Compares the claims. That of the fast machine is brought up to date from its last one.
  package func compareClaims() throws(Divergence) {
    guard fast.claim() == plain.claim() else {
      throw Divergence(description: "claims differ at step \(plain.step)")
    }
  }

  private static func run(_ machine: Machine, until limit: UInt64) -> Outcome {
    do throws(MachineError) {
      return .stopped(try machine.run(until: limit))
    } catch {
      return .failed(error.description)
    }
  }

  private var difference: Divergence {
    var parts: [String] = []
    if fast.state.scalars != plain.state.scalars {
      parts.append("\(fast.state.scalars) not \(plain.state.scalars)")
    }
    for side in StackSide.allCases {
      let (mine, expected) = (fast.state.threads.stack(side), plain.state.threads.stack(side))
      if mine.count != expected.count { parts.append("\(side) stacks differ in size") }
      for (mine, expected) in zip(mine, expected) where mine != expected {
        parts.append(Self.describe(mine, expected))
      }
    }
    return Divergence(
      description: "up to step \(plain.step): " + parts.joined(separator: "; "))
  }

  private static func describe(_ thread: ThreadState, _ expected: ThreadState) -> String {
    var parts = ["thread \(expected.id)"]
    func add(_ name: String, _ value: UInt64, _ expected: UInt64) {
      guard value != expected else { return }
      parts.append(
        "\(name) 0x\(String(value, radix: 16)) not 0x\(String(expected, radix: 16))")
    }
    add("pc", thread.pc, expected.pc)
    add("next pc", thread.nextPC, expected.nextPC)
    add("lo", thread.lo, expected.lo)
    add("hi", thread.hi, expected.hi)
    for index in 0..<32 { add("r\(index)", thread.registers[index], expected.registers[index]) }
    return parts.joined(separator: ", ")
  }
}

/// What a guest wrote, in the size of a hash: a random program can write gigabytes.
private struct OutputDigest: Equatable {
  private var parts = 0
  private var hash: UInt64 = 0

  mutating func add(_ stream: GuestStream, _ bytes: [UInt8]) {
    parts += 1
    mix(UInt64(stream.rawValue) << 32 | UInt64(bytes.count))
    bytes.withUnsafeBytes { bytes in
      let words = bytes.count / 8
      for index in 0..<words {
        mix(bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
      }
      for byte in bytes[(8 * words)...] { mix(UInt64(byte)) }
    }
  }

  private mutating func mix(_ value: UInt64) {
    hash = (hash ^ value) &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 29
  }
}
