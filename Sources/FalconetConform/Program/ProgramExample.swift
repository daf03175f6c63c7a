import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams
import FalconetVectors
import Keccak

/// A program that writes a hint, reads pre-images of several types, and exits; and what it does here, step by
/// step.
struct ProgramExample {
  let revision: Revision
  /// The first state, in Cannon's binary format.
  let state: [UInt8]
  let preimages: [Bytes32: [UInt8]]
  /// The step of the first state.
  let start: UInt64 = 40
  /// The claims from the first state on.
  private(set) var claims: [Bytes32] = []
  /// The states, in the same format.
  private(set) var states: [[UInt8]] = []
  /// What steps read, by their numbers.
  private(set) var reads: [(step: UInt64, read: PreimageRead)] = []
  private(set) var hints: [[UInt8]] = []
  /// The machine at the end.
  let end: Machine

  /// The step that exits.
  var last: UInt64 { start + UInt64(claims.count) - 2 }

  func claim(at step: UInt64) -> [UInt8] { claims[Int(step - start)].bytes }

  init(_ revision: Revision, exitCode: UInt16 = 7) throws {
    self.revision = revision
    let version = revision.version
    var image = MachineImage(version, code: Self.code(version, exitCode: exitCode))
    image.state.revision = revision.name
    image.state.scalars.step = start
    image.state.scalars.heap = version.addressSpace.heapStart
    image.state.scalars.preimageKey = Self.keys[0].0
    for (number, (key, _)) in Self.keys.enumerated() {
      image.write(key.bytes, at: Self.keysAt + 32 * UInt64(number))
    }
    image.write([0, 0, 0, 4] + Array("hint".utf8), at: Self.hintAt)
    preimages = Dictionary(uniqueKeysWithValues: Self.keys)
    let host = ExampleHost(preimages)
    end = try image.machine(EngineKind.step, oracle: host)
    state = try Self.bytes(of: end)
    claims.append(end.claim())
    states.append(state)
    while !end.hasExited {
      let step = end.step
      try end.runStep()
      if let read = end.lastPreimageRead { reads.append((step, read)) }
      claims.append(end.claim())
      states.append(try Self.bytes(of: end))
    }
    hints = host.hints
  }

  /// The machine at the first state.
  func machine() -> Machine {
    guard let image = try? Snapshot.load(from: MemorySource(state)) else { return end }
    return Machine(
      state: image.state, memory: image.memory, engine: .step, revision: revision)
  }

  private static func bytes(of machine: Machine) throws -> [UInt8] {
    let sink = MemorySink()
    try Snapshot.write(MemoryImage(machine), to: sink, as: .bin)
    return sink.bytes
  }

  private static let keysAt: UInt64 = 0x3000
  private static let hintAt: UInt64 = 0x3800

  /// A local input, and pre-images by Keccak-256 and SHA-256, the last one larger than pipes are.
  private static let keys: [(Bytes32, [UInt8])] = {
    let large = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    let small = Array("a pre-image".utf8)
    return [
      (PreimageKey.local(3), [1, 2, 3, 4, 5, 6, 7, 8, 9]),
      (PreimageKey.keccak256(of: small), small),
      (PreimageKey.sha256(of: large), large),
    ]
  }()

  /// The program.
  static func code(_ version: StateVersion, exitCode: UInt16 = 7) -> [UInt32] {
    let is32 = version.wordSize == .bits32
    let (read, write, exit): (UInt16, UInt16, UInt16) =
      is32 ? (4003, 4004, 4246) : (5000, 5001, 5205)
    func call(_ number: UInt16, _ descriptor: UInt16, _ address: UInt64, _ count: Int) -> [UInt32] {
      [
        Assembly.set(4, to: descriptor), Assembly.set(5, to: UInt16(address)),
        Assembly.set(6, to: UInt16(count)), Assembly.set(2, to: number), Assembly.syscall,
      ]
    }
    var code = call(write, 4, hintAt, 8)
    let size = version.wordSize.bytes
    for number in 0..<3 {
      for part in 0..<(32 / size) {
        code += call(write, 6, keysAt + UInt64(32 * number + size * part), size)
      }
      for part in 0..<3 { code += call(read, 5, 0x3900 + UInt64(16 * part), 3 + part) }
    }
    code += call(write, 1, hintAt + 4, 4)
    code += [Assembly.set(4, to: exitCode), Assembly.set(2, to: exit), Assembly.syscall]
    return code + [Assembly.nop, Assembly.nop]
  }
}

/// A host that has the pre-images, and records the hints.
private final class ExampleHost: PreimageOracle {
  private let preimages: VectorPreimages
  private(set) var hints: [[UInt8]] = []

  init(_ preimages: [Bytes32: [UInt8]]) { self.preimages = VectorPreimages(preimages) }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    try preimages.preimage(for: key)
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) { hints.append(hint) }
}
