import FalconetELF
import FalconetMachine

/// The calls that every thread is in, as text in the manner of Go's own tracebacks.
///
/// ```text
/// thread 0 [running]:
/// #0 runtime.exit
/// 	/usr/local/go/src/runtime/sys_linux_mips64x.s:57 +0xc pc=0xabc04
/// #1 main.main
/// 	/src/hello/main.go:12 +0x128 pc=0xf1b90
/// ```
/// A frame's number is its depth. An inlined call has its caller's pc and `[inlined]`; a frame that
/// was found by reading code has `[guess]`.
package struct Traceback {
  private let state: MachineState
  private let unwinder: Unwinder

  /// - Parameters:
  ///   - memory: the memory of the state.
  ///   - frames: the program's call frames, if they are not to be searched for in memory.
  package init(
    _ state: MachineState, _ memory: Memory, symbols: SymbolTable?, frames: FrameTable? = nil
  ) {
    self.state = state
    unwinder = Unwinder(memory, version: state.version, symbols: symbols, frames: frames)
  }

  /// The lines for all threads: the active one first, then both stacks, bottom first.
  ///
  /// - Parameter limit: frames of a thread at most; inlined calls don't count.
  package func lines(limit: Int = Unwinder.depthLimit) -> [String] {
    var lines = unwinder.problem.map { ["note: \($0); the frames after this are guessed"] } ?? []
    let active = state.activeThread
    if let active { lines += describe(active, isActive: true, limit) }
    for side in StackSide.allCases {
      let stack = state.threads.stack(side)
      for (index, thread) in stack.enumerated()
      where side != state.scalars.activeSide || index != stack.count - 1 {
        lines += describe(thread, isActive: false, limit)
      }
    }
    return lines
  }

  private func describe(_ thread: ThreadState, isActive: Bool, _ limit: Int) -> [String] {
    var lines = ["thread \(thread.id) [\(condition(of: thread, isActive: isActive))]:"]
    let stack = unwinder.unwind(thread, limit: limit)
    for (depth, frame) in stack.frames.enumerated() {
      for location in unwinder.locations(of: frame.instruction) {
        let marks =
          (location.isInlined ? " [inlined]" : "") + (frame.isGuess ? " [guess]" : "")
        lines.append("#\(depth) \(location.function)\(marks)")
        // As Go does: of a caller, the offset of the return address.
        let offset = location.offset &+ (frame.pc &- frame.instruction)
        var place = "\t"
        if let file = location.file, let line = location.line { place += "\(file):\(line) " }
        lines.append(place + "+\(hex(offset)) pc=\(hex(frame.pc))")
      }
    }
    switch stack.end {
    case .outermost: break
    case .limit: lines.append("...more frames than \(limit)")
    case .lost(let reason): lines.append("...callers not found: \(reason)")
    }
    return lines
  }

  private func condition(of thread: ThreadState, isActive: Bool) -> String {
    if thread.exited { return "exited with code \(thread.exitCode)" }
    if state.version.hasBlockingFutexes,
      thread.futexAddress != ThreadState.noFutex(state.version.wordSize)
    {
      return "waits at \(hex(thread.futexAddress))"
    }
    return isActive ? "running" : "runnable"
  }
}
