import FalconetForeignVM
import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetVectors
import Keccak

/// Where a VM begins to differ from a vector, and in what.
struct VectorExplanation {
  private let kit: ConformKit
  private let vector: StepVector
  private let kind: String

  init(_ kit: ConformKit, _ vector: StepVector, _ kind: String) {
    self.kit = kit
    self.vector = vector
    self.kind = kind
  }

  /// The fault of a vector, at its first step that differs.
  func fault(_ message: String) -> ConformFault {
    let whole = ConformFault(message, input: vector.state)
    guard let step = try? firstDifference(), let plain = try? machine() else { return whole }
    do {
      if step == vector.steps, step > 0, vector.end == .step || vector.end == .exited {
        for _ in 1..<step { try plain.runStep() }
        let text = difference(after: step - 1, plain) ?? message
        return ConformFault(
          "each step by itself is right, and a run of all \(step) is not: \(text)",
          input: vector.state)
      }
      for _ in 0..<step { try plain.runStep() }
      let state = try Self.bytes(of: plain)
      let place = plain.step
      let title = "step \(step) from the state on, \(try plain.nextStepText): "
      let text = difference(after: step, plain) ?? message
      // The state right before is the smallest input, if it shows the same.
      return ConformFault(
        title + text, step: place, input: shows(state, plain) ? state : vector.state)
    } catch { return whole }
  }

  /// The number of steps before the first that differs; nil if the marks do not tell.
  private func firstDifference() throws -> UInt64? {
    let machine = try kit.library.loadProgram(vector.state, kind: kind)
    try machine.setHost(RecordingHost(ConformProgram(vector)).host)
    let start = try machine.info().step
    let count = UInt64(vector.marks.count / 2)
    guard count > 0 else { return nil }
    for step in 0..<count {
      do { try machine.run(until: start &+ step) } catch { return step &- 1 }
      let mark = vector.marks[Int(2 * step)..<Int(2 * step + 2)]
      guard try machine.claim()[1...2].elementsEqual(mark) else {
        return step == 0 ? nil : step - 1
      }
    }
    // All states are right, so that what follows is not, or a run that does not stop after each step.
    return count - 1
  }

  /// The vector's state in Falconet's plain step.
  private func machine() throws -> Machine {
    let image = try Snapshot.load(from: MemorySource(vector.state))
    return Machine(
      state: image.state, memory: image.memory, oracle: VectorPreimages(vector.preimages),
      engine: .step, revision: VectorKind.revision(kind))
  }

  /// What differs after a step, in words.
  private func difference(after step: UInt64, _ plain: Machine) -> String? {
    do {
      let machine = try kit.library.loadProgram(vector.state, kind: kind)
      try machine.setHost(RecordingHost(ConformProgram(vector)).host)
      let start = try machine.info().step
      let failure = kit.status { try machine.run(until: start &+ step &+ 1) }
      do { try plain.runStep() } catch {
        return failure == 0 ? "it is illegal, and the VM executes it" : nil
      }
      guard failure == 0 else { return "the VM fails with \(ForeignError.name(of: failure))" }
      let bytes = Array(try machine.state().dropFirst(kit.library.claimSize))
      let given = try Snapshot.load(from: MemorySource(bytes))
      let difference = try SnapshotComparison.compare(
        { (consumer) throws(StreamError) in try given.produce(for: consumer) },
        { (consumer) throws(StreamError) in try MemoryImage(plain).produce(for: consumer) },
        pageLimit: 4)
      return difference.text
    } catch { return nil }
  }

  /// Whether the VM's next step from a state differs too.
  private func shows(_ state: [UInt8], _ plain: Machine) -> Bool {
    do {
      let machine = try kit.library.loadProgram(state, kind: kind)
      try machine.setHost(RecordingHost(ConformProgram(vector)).host)
      try machine.run(until: machine.info().step &+ 1)
      return try machine.claim() != plain.claim().bytes
    } catch { return true }
  }

  private static func bytes(of machine: Machine) throws(StreamError) -> [UInt8] {
    let sink = MemorySink()
    try Snapshot.write(MemoryImage(machine), to: sink, as: .bin)
    return sink.bytes
  }
}

/// The pre-images of a vector.
struct VectorPreimages: PreimageOracle {
  let preimages: [Bytes32: [UInt8]]

  init(_ preimages: [Bytes32: [UInt8]]) { self.preimages = preimages }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    guard let preimage = preimages[key] else {
      throw PreimageError(.missing, key: key, message: "the vector has no such pre-image")
    }
    return preimage
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) {}
}

extension SnapshotDifference {
  /// The VM's state, on the left, and what it should be.
  fileprivate var text: String? {
    var parts: [String] = []
    for field in fields { parts.append(Self.text(field)) }
    for thread in threads {
      switch thread.kind {
      case .changed:
        parts += thread.fields.map { "thread \(thread.id): " + Self.text($0) }
      case .onlyLeft: parts.append("there is a thread \(thread.id)")
      case .onlyRight: parts.append("there is no thread \(thread.id)")
      }
    }
    for word in pages.flatMap(\.words) {
      parts.append(
        "memory at 0x\(String(word.address, radix: 16)) is 0x\(String(word.left, radix: 16)), not"
          + " 0x\(String(word.right, radix: 16))")
    }
    guard !parts.isEmpty else { return nil }
    return parts.prefix(4).joined(separator: "; ") + (parts.count > 4 ? "; …" : "")
  }

  private static func text(_ field: FieldChange) -> String {
    func text(_ value: FieldValue?) -> String {
      switch value {
      case .number(let number): "\(number)"
      case .address(let address): "0x" + String(address, radix: 16)
      case .bytes(let bytes): "0x" + Hex.encode(bytes)
      case nil: "absent"
      }
    }
    return "\(field.name) is \(text(field.left)), not \(text(field.right))"
  }
}
