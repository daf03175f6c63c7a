/// A machine at one step, in memory: what it can be taken back to, or a snapshot be written from
/// while it goes on.
///
/// Pages are shared with the machine until it writes them: see ``MemoryView``.
package struct Checkpoint: Sendable {
  /// All of the state but its memory.
  package let state: MachineState
  package let memory: MemoryView

  /// Steps executed.
  package var step: UInt64 { state.scalars.step }
}

extension Machine {
  /// The machine as it is at this moment.
  ///
  /// O(pages), some nanoseconds each; hashes nothing.
  ///
  /// - Parameter keepsRoots: see ``Memory/view(keepsRoots:)``.
  package func checkpoint(keepsRoots: Bool = false) -> Checkpoint {
    Checkpoint(state: state, memory: memory.view(keepsRoots: keepsRoots))
  }

  /// Takes the machine back to one of its checkpoints, or forward. O(pages written since).
  ///
  /// Statistics go on, but distances in steps begin anew. Hints that are written again are sent again.
  ///
  /// - Precondition: the checkpoint is of this machine.
  package func restore(_ checkpoint: Checkpoint) {
    check = nil
    restoreState(checkpoint)
    statistics.forgetDistances(at: step, activeThread: state.activeThread?.id ?? 0)
  }

  func restoreState(_ checkpoint: Checkpoint) {
    state = checkpoint.state
    memory.restore(checkpoint.memory)
    memory.guardPage(of: state.scalars.reservation.address)
    lastReadOffset = nil
  }
}
