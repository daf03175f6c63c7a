internal import FalconetInsight
internal import FalconetMachine

/// What the guest does, in terms of its program.
extension Machine {
  /// Executes as ``run(until:events:cancellation:)`` does, and counts the steps of each function.
  ///
  /// - Parameters:
  ///   - step: the steps since the program's start after which the run stops.
  ///   - program: names the functions. Without it only their addresses are known.
  ///   - cancellation: lets another thread end the run.
  public func profile(
    until step: UInt64 = .max, program: Program? = nil, cancellation: Cancellation? = nil
  ) throws(FalconetError) -> Profile {
    let profiler = Profiler(
      inner, symbols: program?.guest.symbols, frames: program?.guest.frames)
    _ = try execute(cancellation) { () throws(EventFailure) in
      do throws(MachineError) { return try profiler.run(until: step) } catch {
        throw .machine(error)
      }
    }
    return Profile(profiler.profile)
  }

  /// The calls that the active thread is in, innermost first. Inlined calls are frames too.
  ///
  /// - Parameters:
  ///   - program: names the functions. Without it, those of programs in Go are known. Calls after the first
  ///     are with the same one.
  ///   - limit: the most calls that are looked for.
  public func callStack(program: Program? = nil, limit: Int = 256) -> [GuestFrame] {
    guard let thread = inner.state.activeThread else { return [] }
    let unwinder =
      self.unwinder
      ?? Unwinder(
        inner.memory, version: inner.version, symbols: program?.guest.symbols,
        frames: program?.guest.frames)
    self.unwinder = unwinder
    return unwinder.unwind(thread, limit: max(limit, 1)).frames.flatMap { frame in
      unwinder.locations(of: frame.instruction).map { GuestFrame($0, frame) }
    }
  }

  /// The calls that each thread is in, as lines of text in the style of Go's tracebacks.
  public func traceback(program: Program? = nil) -> [String] {
    (program?.guest ?? GuestProgram(symbols: nil)).traceback(of: inner).lines()
  }
}
