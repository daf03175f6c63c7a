import CFPVM
import FalconetForeignVM
import FalconetStreams
import FalconetVectors

/// Checks whether a VM does what fpvm.h says, by what any VM must do.
///
/// A VM that crashes ends the process: it is code in a library. Whoever wants to know of it checks each area
/// in a process of its own, and adds up the events.
package final class ConformKit: ConformChecker {
  /// How much is checked.
  package struct Effort: Sendable {
    /// Steps of each program that are looked at.
    package var steps: UInt64 = 20_000
    /// Steps of these that are looked at one by one.
    package var samples = 48
    package var seed: UInt64 = 1
    /// Stop at the first failure.
    package var failsFast = false
    package var areas = ConformArea.allCases
    package var look = Look.whole

    package init() {}

    /// Whether little of each area is looked at.
    var isQuick: Bool { look == .first }

    /// How many steps of a program are looked at one by one.
    var stepSamples: Int { isQuick ? min(samples, 8) : samples }

    /// Which of many things are looked at: one of each so many.
    ///
    /// - Parameters:
    ///   - distance: the same if all is looked at.
    ///   - most: about how many are looked at, at most, if little is.
    func distance(of count: Int, _ distance: Int = 1, quickly most: Int) -> Int {
      isQuick ? max(distance, count / most) : distance
    }
  }

  /// What of each area is looked at.
  package enum Look: String, Sendable, CaseIterable {
    case whole
    /// Little. A fault that shows in most places so shows soon, whatever area it is of.
    case first
    /// What the first look left out. What it looked at whole is known to hold, and is told as such.
    case rest
  }

  let library: ForeignLibrary
  /// The program of a VM of Cannon's family that is given none.
  lazy var ownProgram = newestProgram()
  /// The vectors that were read.
  private var vectors: [VectorArea: [StepVector]] = [:]
  /// One vector of each name, by area.
  var quickVectors: [VectorArea: Set<Int>] = [:]

  private init(
    _ library: ForeignLibrary, _ effort: Effort, _ emit: @escaping (ConformEvent) -> Void
  ) {
    self.library = library
    super.init(effort, emit)
  }

  /// Checks a VM with programs.
  package static func check(
    _ library: ForeignLibrary, _ programs: [ConformProgram], _ effort: Effort = Effort()
  ) -> ConformReport {
    var report = ConformReport()
    check(library, programs, effort) { report.add($0) }
    return report
  }

  /// Checks a VM with programs, and tells what happens.
  package static func check(
    _ library: ForeignLibrary, _ programs: [ConformProgram], _ effort: Effort,
    _ emit: (ConformEvent) -> Void
  ) {
    withoutActuallyEscaping(emit) { emit in
      let kit = ConformKit(library, effort, emit)
      do throws(Ended) {
        try kit.checkTable()
        try kit.checkFamily()
        guard effort.areas.contains(where: \.isOfPrograms) else { return }
        for program in programs + kit.ownPrograms(programs) { try kit.check(program) }
      } catch {}
    }
  }

  /// The check that all areas but that of the table begin with.
  package static let programRuns = "a program runs"

  private func check(_ program: ConformProgram) throws(Ended) {
    self.program = program
    var reference: ReferenceRun?
    // What all areas need, also those that are checked alone.
    begin(.determinism)
    try check(Self.programRuns, counts: effort.areas.contains(.determinism)) { () throws in
      reference = try makeReference()
    }
    guard let reference else { return }
    tell(.ended(program: program.name, step: reference.end, claim: reference.claim))
    for area in ConformArea.allCases where area.isOfPrograms {
      try self.area(area) { () throws(Ended) in
        switch area {
        case .table, .instructions, .delaySlots, .memory, .reservations, .systemCalls, .futexes,
          .scheduler, .preimages, .programs, .recorded, .stateFiles, .stepProofs, .commandLine,
          .exitCodes, .stops, .snapshots, .proofFiles, .server:
          break
        case .arguments: try checkArguments(reference)
        case .claims: try checkClaims(reference)
        case .determinism: try checkDeterminism(reference)
        case .resume: try checkResume(reference)
        case .clones: try checkClones(reference)
        case .proofs: try checkProofs(reference)
        case .callbacks: try checkCallbacks(reference)
        case .states: try checkStates(reference)
        case .end: try checkEnd(reference)
        case .threads: try checkThreads(reference)
        }
      }
    }
  }

  // MARK: What checks need

  /// The vectors of an area, which several areas use.
  func vectors(_ area: VectorArea) throws(StreamError) -> [StepVector] {
    if let known = vectors[area] { return known }
    let read = try VectorData.vectors(area)
    vectors[area] = read
    return read
  }

  /// The first state of the program, with a host.
  func open(_ host: ForeignHost?) throws(ForeignError) -> ForeignMachine {
    let machine =
      library.capabilities.contains(.loadProgram)
      ? try library.loadProgram(program.bytes) : try library.loadState(program.bytes)
    if let host { try machine.setHost(host) }
    return machine
  }

  /// The program at a step, with its own host.
  func open(at step: UInt64) throws -> ForeignMachine {
    let machine = try open(RecordingHost(program).host)
    try machine.run(until: step)
    return machine
  }

  private func makeReference() throws -> ReferenceRun {
    let host = RecordingHost(program)
    let machine = try open(host.host)
    let first = try machine.info()
    try require(first.step < 1 << 62, "the first state is at step \(first.step)")
    let limit = first.step + min(effort.steps, 1 << 62)
    let result = Result { try machine.run(until: limit) }
    if case .failure = result, let key = host.missing.first {
      throw ConformFault(
        "the program reads a pre-image that the kit does not have: \(hex(key)). Give it to the kit",
        step: try machine.info().step)
    }
    let stop = try result.get()
    let info = try machine.info()
    try require(
      stop != .callback && stop != .read, "the run stopped for \(stop), which nothing asked for")
    try require(
      first.step...limit ~= info.step,
      "a run from step \(first.step) to \(limit) ends at step \(info.step)")
    let all = first.step..<info.step
    var chosen: Set<UInt64> = []
    for step in all.prefix(effort.stepSamples / 4) { chosen.insert(step) }
    for step in all.suffix(effort.stepSamples / 8) { chosen.insert(step) }
    while chosen.count < min(all.count, effort.stepSamples),
      let step = all.randomElement(using: &numbers)
    {
      chosen.insert(step)
    }
    // Steps that read or write something are few, and most can go wrong there.
    for step in try interestingSteps(from: first.step, to: info.step) { chosen.insert(step) }
    let samples = chosen.sorted()
    let second = try open(RecordingHost(program).host)
    var claims: [UInt64: [UInt8]] = [:]
    for step in samples {
      try second.run(until: step)
      claims[step] = try second.claim()
    }
    return ReferenceRun(
      trail: host.trail, end: info.step, stop: stop, info: info, claim: try machine.claim(),
      samples: samples, claims: claims)
  }

  /// Some steps that call a callback, by their number.
  private func interestingSteps(from start: UInt64, to end: UInt64) throws -> [UInt64] {
    let host = RecordingHost(program)
    let machine = try open(host.host)
    var found: [UInt64] = []
    var step = start
    while step < min(end, start + 4000), found.count < 16 {
      let before = (host.trail, host.keys.count)
      step += 1
      try machine.run(until: step)
      if host.trail != before.0 || host.keys.count != before.1 { found.append(step - 1) }
    }
    return found
  }
}

/// Bytes in hexadecimal, cut if there are many.
func hex(_ bytes: [UInt8]) -> String {
  let digits = bytes.prefix(40).map { byte in
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0" + text : text
  }
  return "0x" + digits.joined() + (bytes.count > 40 ? "…" : "")
}
