import FalconetStreams

/// What is measured, by name.
enum Sections {
  static let names = [
    "execution", "runs", "claims", "proofs", "snapshots", "pauses", "watches", "preimages",
    mix,
  ]
  /// Executes billions of plain steps, so that it is run only if it is named.
  static let mix = "mix"

  /// Runs the sections that the options ask for, and prints each when it is done.
  static func run(_ options: Options, _ guests: Guests) throws -> [Section] {
    var sections: [Section] = []
    for name in names where options.runs(name) {
      var section = Section(name: name)
      switch name {
      case "execution": try section.measureExecution(guests, options)
      case "runs": try section.measureRuns(guests, options)
      case "claims": try section.measureClaims(guests, options)
      case "proofs": try section.measureProofs(guests, options)
      case "snapshots": try section.measureSnapshots(guests, options)
      case "pauses": try section.measurePauses(guests, options)
      case "watches": try section.measureWatches(guests, options)
      case mix: try section.measureMix(guests)
      default: try section.measurePreimages(options)
      }
      try show(section.table)
      sections.append(section)
    }
    return sections
  }

  /// Prints text at once, so that a run of minutes can be watched.
  static func show(_ text: String) throws(StreamError) {
    try StandardOutputSink().write(Array("\(text)\n".utf8))
  }
}

/// What something took of wall time and of processor time, in nanoseconds.
func measured(_ body: () throws -> Void) rethrows -> (wall: UInt64, processor: UInt64) {
  let clock = ContinuousClock()
  let processor = Host.processorTime
  let start = clock.now
  try body()
  return ((clock.now - start).nanoseconds, Host.processorTime &- processor)
}
