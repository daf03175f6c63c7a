import FalconetForeignVM
import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetVectors

/// Hints that are too long to be in a file of vectors.
extension ConformKit {
  /// A long hint, by the machine that began it and by its clone.
  func checkLongHint() throws(Ended) {
    try check("a hint of 17 MiB arrives whole", isKnown: true) {
      for hint in try longHints() {
        let (host, machine) = try hint.begun()
        if library.capabilities.contains(.clone) {
          // A clone gets the same last piece as its machine, and not behind it.
          let (clone, other) = (try machine.clone(), LongHint.host())
          try clone.setHost(other.host)
          try clone.run(until: hint.program.steps)
          try require(hint.fault(other), "the hints of a clone are")
        }
        try machine.run(until: hint.program.steps)
        try require(hint.fault(host), "the hints are")
      }
    }
  }

  /// A long hint, by a machine of the state before its last piece.
  func checkStateWithHint() throws(Ended) {
    guard Self.isOfFamily(library) else { return }
    try check("a state has 16 MiB of a hint", isKnown: true) {
      for hint in try longHints() {
        let machine = try library.loadState(hint.begun().machine.state())
        let host = LongHint.host()
        try machine.setHost(host.host)
        try machine.run(until: hint.program.steps)
        try require(hint.fault(host), "the hints are")
      }
    }
  }

  /// One of the newest kind of each word size.
  private func longHints() throws -> [LongHint] {
    try newestKinds().map { kind, revision in
      let hint = try LongHint(
        library, kind, HintProgram(revision.version, seed: effort.seed))
      tries(hint.state)
      return hint
    }
  }

  private func require(_ fault: String?, _ what: String) throws {
    tested()
    if let fault { throw ConformFault("\(what) \(fault)") }
  }
}

/// A program that writes a long hint, for a VM.
private struct LongHint {
  let library: ForeignLibrary
  let kind: String
  let program: HintProgram
  let state: [UInt8]

  init(_ library: ForeignLibrary, _ kind: String, _ program: HintProgram) throws {
    (self.library, self.kind, self.program) = (library, kind, program)
    let sink = MemorySink()
    try Snapshot.write(MemoryImage(program.image.machine(.step)), to: sink, as: .bin)
    state = sink.bytes
  }

  static func host() -> RecordingHost {
    RecordingHost(ConformProgram(name: "a long hint", bytes: []))
  }

  /// A machine before the last piece of the hint, and its host.
  func begun() throws -> (host: RecordingHost, machine: ForeignMachine) {
    let host = Self.host()
    let machine = try library.loadProgram(state, kind: kind)
    try machine.setHost(host.host)
    try machine.run(until: program.stepsToLast)
    guard host.trail.hints.isEmpty else {
      throw ConformFault("\(kind): there is a hint before it is whole", input: state)
    }
    return (host, machine)
  }

  /// How the hints that a host got differ from the long one and the short one.
  func fault(_ host: RecordingHost) -> String? {
    let (hints, expected) = (host.trail.hints, program.hint)
    guard hints != [expected, HintProgram.short] else { return nil }
    let counts = hints.map { "\($0.count)" }.joined(separator: ", ")
    guard hints.count == 2, hints[0].count == expected.count else {
      return "of \(counts) bytes, not of \(expected.count), \(HintProgram.short.count): \(kind)"
    }
    guard let place = expected.indices.first(where: { hints[0][$0] != expected[$0] }) else {
      return "right, but for the short one: \(kind)"
    }
    return
      "another: byte \(place) of the first is \(hints[0][place]), not \(expected[place]): \(kind)"
  }
}
