internal import FalconetTrace

/// The directory of a trace, and what it exchanges with others.
extension Trace {
  /// The status of a trace's directory.
  public struct Status: Sendable {
    /// The index of the last step; nil if it is not known.
    public let end: UInt64?
    /// The number of known claims.
    public let claimCount: Int
    /// The steps of the states in the directory.
    public let snapshots: [UInt64]
    /// Bytes that the directory takes.
    public let size: UInt64
    /// Steps executed since the trace was opened.
    public let executedSteps: UInt64
    /// The files that have been found corrupt or foreign since the trace was opened.
    public let incidents: [FalconetError]
  }

  /// The status of the directory. Waits for a call that executes steps.
  public func status() throws(FalconetError) -> Status {
    try ask { (provider) throws(TraceError) in
      let status = try provider.status()
      return Status(
        end: status.end?.index, claimCount: status.claimCount, snapshots: status.snapshots,
        size: status.size, executedSteps: status.executedSteps,
        incidents: provider.incidents.map { FalconetError($0) })
    }
  }

  /// Writes what is known into a directory, in the layout that op-challenger uses for a game.
  public func export(to path: String) throws(FalconetError) {
    try ask { (provider) throws(TraceError) in try provider.export(to: path) }
  }

  /// Adopts the proofs, the states and the end in one of op-challenger's directories.
  ///
  /// The caller must ensure that the directory is of this trace. A proof that does not hold, a state of
  /// another step, and whatever contradicts the trace is not adopted.
  ///
  /// - Returns: an error for each file that was not adopted.
  @discardableResult
  public func adopt(from path: String) throws(FalconetError) -> [FalconetError] {
    try ask { (provider) throws(TraceError) in
      try provider.adopt(from: path).refused.map { FalconetError($0) }
    }
  }

  /// Deletes the directory. After that the trace answers nothing.
  public func delete() throws(FalconetError) {
    try ask { (provider) throws(TraceError) in try provider.deleteAll() }
  }
}
