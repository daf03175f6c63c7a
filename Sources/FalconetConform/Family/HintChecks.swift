import FalconetForeignVM
import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetVectors

/// Hints that are too long to be in a file of vectors.
extension ConformKit {
  func checkLongHint() throws(Ended) {
    try check("a hint of 17 MiB arrives whole") {
      // The newest kind of each word size.
      for size in [WordSize.bits64, .bits32] {
        guard
          let kind = library.kinds.map(\.name).last(where: {
            VectorKind.revision($0)?.version.wordSize == size
          }), let version = VectorKind.revision(kind)?.version
        else { continue }
        let program = HintProgram(version, seed: effort.seed)
        let sink = MemorySink()
        try Snapshot.write(MemoryImage(program.image.machine(.step)), to: sink, as: .bin)
        tries(sink.bytes)
        let host = RecordingHost(ConformProgram(name: "a long hint", bytes: sink.bytes))
        var machine = try library.loadProgram(sink.bytes, kind: kind)
        try machine.setHost(host.host)
        try machine.run(until: program.stepsToLast)
        try require(host.trail.hints.isEmpty, "\(kind): there is a hint before it is whole")
        if library.capabilities.contains(.clone), size == .bits64 {
          // A clone gets the same last piece as its machine, and not behind it.
          let clone = try machine.clone()
          let other = RecordingHost(ConformProgram(name: "a long hint", bytes: []))
          try clone.setHost(other.host)
          try clone.run(until: program.steps)
          try require(
            other.trail.hints == [program.hint, HintProgram.short],
            "\(kind): the hints of a clone are \(Self.text(other.trail.hints, program.hint))")
        } else {
          machine = try library.loadState(machine.state(), kind: nil)
          try machine.setHost(host.host)
        }
        try machine.run(until: program.steps)
        try require(
          host.trail.hints == [program.hint, HintProgram.short],
          "\(kind): the hints are \(Self.text(host.trail.hints, program.hint))")
      }
    }
  }

  /// How hints differ from a long one and a short one.
  private static func text(_ hints: [[UInt8]], _ expected: [UInt8]) -> String {
    let counts = hints.map { "\($0.count)" }.joined(separator: ", ")
    guard hints.count == 2, hints[0].count == expected.count else {
      return "of \(counts) bytes, not of \(expected.count), \(HintProgram.short.count)"
    }
    guard let place = expected.indices.first(where: { hints[0][$0] != expected[$0] }) else {
      return "right, but for the short one"
    }
    return
      "of \(counts) bytes, and byte \(place) of the first is \(hints[0][place]), not \(expected[place])"
  }
}
