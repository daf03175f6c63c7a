import FalconetMachine

/// Steps a second of each engine, without loading or writing anything.
extension Section {
  /// Short runs are repeated for at least this many nanoseconds.
  private static var leastTime: UInt64 { 1_000_000_000 }
  /// Steps of what is no short run.
  private static var longRun: UInt64 { 100_000_000 }
  /// Steps of the plain step, which would take minutes for a whole run.
  private static var plainSteps: UInt64 { 20_000_000 }

  mutating func measureExecution(_ guests: Guests, _ options: Options) throws {
    var trials: [Trial] = []
    for guest in guests.all {
      for engine in [EngineKind.translator, .portable] {
        trials.append(
          Trial(guest.name, engine.rawValue) { row in
            try Self.measure(guest, engine, limit: guest.steps, &row)
          })
      }
      if guest.steps < Self.longRun {
        trials.append(
          Trial(guest.name, "translator, new machine") { row in try Self.measureNew(guest, &row) })
      }
      trials.append(
        Trial(guest.name, "step") { row in
          try Self.measure(guest, .step, limit: min(guest.steps, Self.plainSteps), &row)
        })
    }
    try run(trials, rounds: options.rounds)
    if let long = guests["compute"], let switching = guests["threads"] {
      let engine = EngineKind.translator.rawValue
      addRatio(
        "\(switching.name) to \(long.name)", engine, of: (switching.name, engine),
        to: (long.name, engine), Self.byProcessorTime)
      notes.append(
        "A guest that switches threads all along is to make 0.8 of the steps a second of one that"
          + " never does: see `ratio` of `\(switching.name) to \(long.name)`.")
    }
    notes.append(
      "Speeds by wall time and by processor time. Short guests are executed again and again in one"
        + " machine, which is taken back to its first step; `new machine`: in a new machine each time,"
        + " so that all code is translated again. `step` executes the first"
        + " \(Self.plainSteps / 1_000_000) million steps.")
  }

  private static var byProcessorTime: String { "by processor time" }

  /// Executes a guest up to a step, as often as it takes.
  private static func measure(
    _ guest: Guest, _ engine: EngineKind, limit: UInt64, _ row: inout Row
  ) throws {
    let machine = try guest.machine(engine)
    let start = machine.checkpoint()
    var steps: UInt64 = 0
    var (wall, processor): (UInt64, UInt64) = (0, 0)
    repeat {
      if steps > 0 { machine.restore(start) }
      let time = try measured { _ = try machine.run(until: limit) }
      wall += time.wall
      processor += time.processor
      steps += machine.step
    } while processor < leastTime && limit < longRun
    row.add("speed", .stepsPerSecond, steps.perSecond(wall))
    row.add(byProcessorTime, .stepsPerSecond, steps.perSecond(processor))
  }

  private static func measureNew(_ guest: Guest, _ row: inout Row) throws {
    var steps: UInt64 = 0
    var (wall, processor): (UInt64, UInt64) = (0, 0)
    repeat {
      let machine = try guest.machine()
      let time = try measured { _ = try machine.run(until: .max) }
      wall += time.wall
      processor += time.processor
      steps += machine.step
    } while processor < leastTime
    row.add("speed", .stepsPerSecond, steps.perSecond(wall))
    row.add(byProcessorTime, .stepsPerSecond, steps.perSecond(processor))
  }
}
