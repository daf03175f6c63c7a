import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Keccak

/// Makes vectors of states, by what the plain step does with them.
package struct VectorMaker {
  let area: VectorArea
  package private(set) var vectors: [StepVector] = []

  init(_ area: VectorArea) { self.area = area }

  /// Adds a vector for each different thing that the revisions of the state's version do.
  mutating func add(
    _ name: String, _ image: MachineImage, steps: UInt64, preimages: [Bytes32: [UInt8]] = [:],
    hasMarks: Bool = true
  ) throws {
    var made: [StepVector] = []
    for revision in image.version.revisions {
      var vector = try Self.vector(
        area, name, image, revision, steps, preimages, hasMarks: hasMarks)
      vector.kinds = []
      if let same = made.firstIndex(where: {
        var other = $0
        other.kinds = []
        return other == vector
      }) {
        made[same].kinds.append(StepVector.kind(revision))
      } else {
        vector.kinds = [StepVector.kind(revision)]
        made.append(vector)
      }
    }
    vectors += made
  }

  private static func vector(
    _ area: VectorArea, _ name: String, _ image: MachineImage, _ revision: Revision,
    _ steps: UInt64, _ preimages: [Bytes32: [UInt8]], hasMarks: Bool
  ) throws -> StepVector {
    var image = image
    image.state.revision = revision.name
    let host = VectorHost(preimages)
    let machine = try image.machine(EngineKind.step, oracle: host)
    let sink = MemorySink()
    try Snapshot.write(MemoryImage(machine), to: sink, as: .bin)
    var vector = StepVector(
      area: area, name: name, kinds: [], state: sink.bytes, steps: 0, claim: machine.claim(),
      end: .step)
    var output: [GuestStream: [UInt8]] = [:]
    machine.onOutput = { output[$0, default: []] += $1 }
    while true {
      if hasMarks { vector.marks += machine.claim().bytes[1...2] }
      if machine.hasExited {
        vector.end = .exited
        vector.exitCode = machine.state.scalars.exitCode
        break
      }
      guard vector.steps < steps else { break }
      do throws(MachineError) { try machine.runStep() } catch {
        switch error {
        case .fault: vector.end = .panic
        case .preimage: vector.end = .preimage
        case .memory, .engines: throw error
        }
        break
      }
      vector.steps += 1
    }
    vector.claim = machine.claim()
    vector.preimages = host.read
    vector.hints = host.hints
    vector.output = output[.output] ?? []
    vector.errors = output[.error] ?? []
    return vector
  }
}

/// A host that has some pre-images, and records which are read.
private final class VectorHost: PreimageOracle {
  private let preimages: [Bytes32: [UInt8]]
  private(set) var read: [Bytes32: [UInt8]] = [:]
  private(set) var hints: [[UInt8]] = []

  init(_ preimages: [Bytes32: [UInt8]]) { self.preimages = preimages }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    guard let preimage = preimages[key] else {
      throw PreimageError(.missing, key: key, message: "the vector has no such pre-image")
    }
    read[key] = preimage
    return preimage
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) { hints.append(hint) }
}
