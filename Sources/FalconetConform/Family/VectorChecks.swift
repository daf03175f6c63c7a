import CFPVM
import FalconetForeignVM
import FalconetMachine
import FalconetVectors

/// What a VM of Cannon's family makes of states that are known.
extension ConformKit {
  /// Whether the VM has a kind of state that vectors are of.
  package static func isOfFamily(_ library: ForeignLibrary) -> Bool {
    whyNotOfFamily(library) == nil
  }

  /// Why a VM cannot be checked with vectors; nil if it can be.
  package static func whyNotOfFamily(_ library: ForeignLibrary) -> String? {
    guard let kind = familyKinds(of: library).first?.name else { return notOfFamily }
    guard library.capabilities.contains(.loadProgram) else {
      return "the VM has Cannon's kind \(kind), and does not load programs"
    }
    return faultOfSizes(library)
  }

  /// Why a VM that has none of Cannon's kinds is not checked with vectors.
  package static let notOfFamily = "the VM has none of Cannon's kinds of states"

  static func familyKinds(of library: ForeignLibrary) -> [ForeignLibrary.Kind] {
    library.kinds.filter { !VectorKind.names(matching: $0.name).isEmpty }
  }

  /// What is wrong with the sizes of a VM that has some of Cannon's kinds; nil if nothing is, or it has none.
  static func faultOfSizes(_ library: ForeignLibrary) -> String? {
    let kinds = familyKinds(of: library)
    if let kind = kinds.first, library.claimSize != 32 {
      return
        "the VM has Cannon's kind \(kind.name), whose claims have 32 bytes, and says that its own have"
        + " \(library.claimSize)"
    }
    for kind in kinds {
      guard let size = kind.witnessSize, let version = VectorKind.revision(kind.name)?.version,
        case let expected = version.witnessLayout.byteCount,
        size != expected
      else { continue }
      return
        "witnesses of Cannon's kind \(kind.name) have \(expected) bytes, and the VM says \(size)"
    }
    return nil
  }

  /// Checks what is known of a VM of Cannon's family.
  func checkFamily() throws(Ended) {
    let obstacle = Self.whyNotOfFamily(library)
    for area in ConformArea.allCases where area.isOfFamily {
      try self.area(area) { () throws(Ended) in
        if let obstacle { return skip(obstacle) }
        if let vectors = area.vectors { try checkVectors(vectors) }
        if area == .programs {
          try checkEachClaim()
          try checkKinds()
        }
        if area == .memory { try checkManyPages() }
        if area == .systemCalls { try checkLongHint() }
        if area == .recorded { try checkRecordedProofs() }
        if area == .preimages { try checkWrongPreimages() }
        if area == .stateFiles { try checkStateFiles() }
        if area == .stepProofs { try checkStepProofs() }
      }
    }
  }

  /// Programs for a VM of Cannon's family that is given none: one of each kind of state.
  func ownPrograms(_ given: [ConformProgram]) -> [ConformProgram] {
    guard given.isEmpty, Self.isOfFamily(library), let ownProgram else { return [] }
    return [ConformProgram(ownProgram)]
  }

  /// A program that reads a pre-image of some length to its end, in the newest kind of state that there is.
  func newestProgram() -> StepVector? {
    guard let vectors = try? self.vectors(.preimages) else { return nil }
    return vectors.last { vector in
      vector.end == .exited && vector.name.hasPrefix("program") && kind(among: vector.kinds) != nil
    }
  }

  /// The first kind of the VM that is one of a vector's.
  func kind(among kinds: [String]) -> String? { self.kinds(among: kinds).first }

  /// The kinds of the VM that are among a vector's.
  private func kinds(among kinds: [String]) -> [String] {
    library.kinds.map(\.name).filter {
      VectorKind.names(matching: $0).contains(where: kinds.contains)
    }
  }

  private func isOwnProgram(_ vector: StepVector) -> Bool {
    vector.area == ownProgram?.area && vector.name == ownProgram?.name
      && vector.kinds == ownProgram?.kinds
  }

  /// Whether a vector is looked at if little is: one of each name, of another kind from name to name, and some.
  private func isQuick(_ number: Int, _ vector: StepVector, of vectors: [StepVector]) -> Bool {
    // The program that other areas use is looked at here first, where it is known what it does.
    if vectors.count <= Self.few || isOwnProgram(vector) { return true }
    if number % (vectors.count / 100) == 0 { return true }
    if quickVectors[vector.area] == nil {
      let names = Dictionary(grouping: vectors.indices) { vectors[$0].name }
      quickVectors[vector.area] = Set(names.values.map { $0[($0.first ?? 0) % $0.count] })
    }
    return quickVectors[vector.area]?.contains(number) ?? false
  }

  /// An area of so few vectors is looked at whole at once.
  private static let few = 400

  /// Checks the vectors of an area.
  func checkVectors(_ area: VectorArea) throws(Ended) {
    let vectors: [StepVector]
    do { vectors = try self.vectors(area) } catch {
      return skip("the vectors cannot be read: \(error)")
    }
    guard vectors.contains(where: { kind(among: $0.kinds) != nil }) else {
      return skip("there are no vectors of the VM's kinds")
    }
    var explained = 0
    for (number, vector) in vectors.enumerated() {
      let isOfFirstLook = effort.look != .whole && isQuick(number, vector, of: vectors)
      if effort.isQuick, !isOfFirstLook { continue }
      for kind in kinds(among: vector.kinds) {
        try check("\(vector.name), \(kind)", isKnown: isOfFirstLook) {
          tries(vector.state)
          guard let fault = try fault(vector, kind) else { return tested() }
          explained += 1
          guard explained <= Self.explanations else { throw ConformFault(fault) }
          throw VectorExplanation(self, vector, kind).fault(fault)
        }
      }
    }
  }

  /// Failures of an area of which the first differing step is looked for.
  private static let explanations = 16

  /// How what a VM does differs from a vector; nil if it does not.
  func fault(_ vector: StepVector, _ kind: String) throws -> String? {
    // Each vector is run in one of four ways. A store ends a reservation, and a VM may treat the first store after a
    // claim in another way than later ones, so vectors of reservations are run in two.
    let way = vector.claim[31] & 3
    for way in vector.area == .reservations ? [way & 1, way & 1 | 2] : [way] {
      if let fault = fault(vector, try VectorOutcome(library, vector, kind, way: way)) {
        return fault
      }
    }
    return nil
  }

  private func fault(_ vector: StepVector, _ outcome: VectorOutcome) -> String? {
    if let step = outcome.wrong {
      return "the claim after \(step) steps is another than that which begins 0x.."
        + hex(Array(vector.marks[Int(2 * step)..<Int(2 * step + 2)])).dropFirst(2)
    }
    guard outcome.end == vector.end else {
      return "after \(outcome.steps) steps it is at \(outcome.end), not at \(vector.end) after"
        + " \(vector.steps)"
    }
    guard outcome.steps == vector.steps else {
      return "it is at \(outcome.end) after \(outcome.steps) steps, not after \(vector.steps)"
    }
    guard outcome.claim == vector.claim.bytes else {
      return "the claim after \(vector.steps) steps is \(hex(outcome.claim)), not"
        + " \(hex(vector.claim.bytes))"
    }
    guard vector.end != .exited || outcome.exitCode == UInt64(vector.exitCode) else {
      return "the exit code is \(outcome.exitCode), not \(vector.exitCode)"
    }
    guard outcome.trail.output[1, default: []] == vector.output,
      outcome.trail.output[2, default: []] == vector.errors
    else { return "the program's output is another" }
    guard outcome.trail.hints == vector.hints else {
      return "the hints are \(outcome.trail.hints.map(hex)), not \(vector.hints.map(hex))"
    }
    return nil
  }
}

/// The names of kinds in vectors.
enum VectorKind {
  /// The kinds that a VM's kind is: itself, or the newest of its version if it names the version alone.
  static func names(matching name: String) -> [String] {
    VectorData.kinds.filter { $0 == name }.isEmpty
      ? Array(VectorData.kinds.filter { $0.hasPrefix(name + "-") }.prefix(1)) : [name]
  }
}

extension VectorKind {
  /// The revision of a VM's kind.
  static func revision(_ name: String) -> Revision? {
    guard let name = names(matching: name).first else { return nil }
    return StateVersion.allCases.lazy.flatMap(\.revisions).first { StepVector.kind($0) == name }
  }
}

/// What a VM makes of a vector's state.
struct VectorOutcome {
  /// The steps on the way after which the claim is not that of the vector's mark.
  private(set) var wrong: UInt64?
  var steps: UInt64 = 0
  var end = StepVector.End.step
  var claim: [UInt8] = []
  var exitCode: UInt64 = 0
  var trail = RunTrail()

  /// - Parameter way: how the machine is run, see ``StepVector/stops(_:)``.
  init(_ library: ForeignLibrary, _ vector: StepVector, _ kind: String, way: UInt8) throws {
    let machine = try library.loadProgram(vector.state, kind: kind)
    let host = RecordingHost(ConformProgram(vector))
    try machine.setHost(host.host)
    let start = try machine.info().step
    // What a vector ends with, the next step does.
    let isLast = vector.end == .panic || vector.end == .preimage
    do throws(ForeignError) {
      for (step, isClaimed) in vector.stops(way) where wrong == nil {
        try machine.run(until: start &+ step)
        if isClaimed, !vector.allows(try machine.claim(), after: step) { wrong = step }
      }
      switch try machine.run(until: start &+ vector.steps &+ (isLast ? 1 : 0)) {
      case .step: end = .step
      case .exited: end = .exited
      case .read, .callback: throw ForeignError(FPVM_INTERNAL, "the run stopped, unasked")
      }
    } catch {
      switch error.status {
      case FPVM_PANIC: end = .panic
      case FPVM_PREIMAGE: end = .preimage
      default: throw error
      }
    }
    let info = try machine.info()
    (steps, exitCode) = (info.step &- start, info.exitCode)
    claim = try machine.claim()
    trail = host.trail
  }
}

extension StepVector {
  /// The steps after which a machine stops before the end, and whether it is asked for its claim there. A claim is
  /// computed of what the steps since the last one changed, and a VM may treat memory in another way after it.
  ///
  /// - Parameter way: 0 to 3.
  fileprivate func stops(_ way: UInt8) -> [(step: UInt64, isClaimed: Bool)] {
    let middle = steps / 2
    return switch way {
    case 0: [(0, true)]
    case 1: [(0, true), (middle, true)]
    case 2: []
    default: [(middle, false)]
    }
  }

  /// Whether a claim on the way may be right.
  func allows(_ claim: [UInt8], after step: UInt64) -> Bool {
    let place = Int(2 * step)
    return marks.count < place + 2 || claim[1...2].elementsEqual(marks[place..<place + 2])
  }
}

extension ConformProgram {
  /// The state of a vector, as a program.
  init(_ vector: StepVector) {
    self.init(
      name: "\(vector.area.rawValue): \(vector.name)", bytes: vector.state,
      preimages: Dictionary(
        uniqueKeysWithValues: vector.preimages.map { ($0.key.bytes, $0.value) }))
  }
}
