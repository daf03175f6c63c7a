/// One frame of a call stack.
package struct Frame: Sendable, Equatable {
  /// The next instruction of the innermost frame; of the others, where the call returns to.
  package var pc: UInt64
  /// The instruction that the frame is at: the next one, or the last that the call executed.
  package var instruction: UInt64
  /// Whether where the frame lies was found by reading code, not from a table: it may be wrong.
  package var isGuess: Bool
}

/// The calls that a thread is in.
package struct CallStack: Sendable, Equatable {
  /// Why there are no more frames.
  package enum End: Sendable, Equatable {
    /// The outermost function has no caller.
    case outermost
    /// There may be more, but the limit is reached.
    case limit
    /// The next frame can't be found, for this reason.
    case lost(String)
  }

  /// The frames, innermost first; at least one.
  package var frames: [Frame]
  package var end: End
}
