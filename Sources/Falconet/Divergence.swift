internal import FalconetBisect
internal import FalconetMachine
internal import FalconetProofs
internal import FalconetSnapshots
internal import FalconetStreams

/// The first step at which two runs differ.
///
/// ```swift
/// if let divergence = try Divergence.find(between: a, and: b) {
///   print("step \(divergence.step): \(divergence.claims)")
/// }
/// ```
public struct Divergence: Sendable {
  /// Steps executed before the one that differs. The states before it are the same, unless the runs
  /// start in different states.
  public let step: UInt64
  /// The claims after the step; nil for a run that cannot execute it.
  public let claims: (first: Claim?, second: Claim?)

  /// Executes copies of two machines, and compares their claims. The machines do not change.
  ///
  /// Each copy executes at most three times as many steps as precede the difference.
  ///
  /// - Parameters:
  ///   - first: a machine at the step at which the comparison starts.
  ///   - second: the machine to compare it with.
  ///   - limit: the last step that is compared.
  ///   - cancellation: lets another thread end the comparison.
  /// - Returns: nil if the runs do not differ up to their ends or the limit.
  public static func find(
    between first: Machine, and second: Machine, until limit: UInt64 = .max,
    cancellation: Cancellation? = nil
  ) throws(FalconetError) -> Divergence? {
    do throws(BisectError) {
      let directory = try WorkDirectory.make()
      let sides = (
        try side("first", first, directory, cancellation),
        try side("second", second, directory, cancellation)
      )
      switch try Bisection(sides.0, sides.1).find(until: limit) {
      case .same: return nil
      case .differsAtStart(let a, let b):
        return Divergence(step: first.step, claims: (a.claim, b.claim))
      case .differs(let last, _, let a, let b):
        return Divergence(step: last, claims: (a.claim, b.claim))
      }
    } catch { throw FalconetError(error) }
  }

  private static func side(
    _ name: String, _ machine: Machine, _ directory: WorkDirectory, _ cancellation: Cancellation?
  ) throws(BisectError) -> MachineSide {
    do {
      let cancellation = cancellation?.value ?? .never
      return MachineSide(
        name: name, image: try MemoryImage(copying: machine.inner.checkpoint()),
        oracle: try machine.preimages.value.open(cancellation).oracle,
        engine: machine.inner.engine, folder: directory, revision: machine.inner.revision,
        cancellation: cancellation)
    } catch let error as StreamError {
      throw .file(error)
    } catch { throw .program(side: name, "\(error)") }
  }
}

extension SideClaim {
  fileprivate var claim: Claim? {
    switch value {
    case .claim(let claim): Claim(claim)
    case .otherClaim, .failed: nil
    }
  }
}

extension FalconetError {
  fileprivate init(_ error: BisectError) {
    switch error {
    case .interrupted: self.init(.cancelled, "cancelled")
    case .run(_, let failure): self.init(failure)
    case .file(let failure): self.init(failure)
    case .program: self.init(.preimageSource, "\(error)")
    case .mismatch(let text): self.init(.invalidArgument, text)
    }
    cause = error
  }
}
