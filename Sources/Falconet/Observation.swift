internal import FalconetMachine
internal import FalconetReplay

/// Which steps ``Machine/observe(_:until:cancellation:_:)`` reports: those that one of the conditions
/// holds for.
public struct StepFilter: Sendable {
  /// Addresses of bytes that a step writes. With ``reads`` they are at most 1 MiB.
  public var writes: [Range<UInt64>] = []
  /// Addresses of bytes that a step reads. The run is slower while there are any.
  public var reads: [Range<UInt64>] = []
  /// Addresses of instructions that a step executes. ``Program/addresses(of:)`` has those of a function.
  public var addresses: Set<UInt64> = []
  /// Whether a step counts that executes a system call.
  public var includesSystemCalls = false
  /// Whether a step counts that begins to read a pre-image, or completes a hint.
  public var includesHostRequests = false

  /// No steps.
  public init() {}
}

/// A step that a machine has executed, and what it did.
public struct ObservedStep: Sendable {
  /// What a step does that a ``StepFilter`` is about. Later releases may add cases.
  public enum Event: Sendable, Hashable {
    /// Executes the instruction at one of ``StepFilter/addresses``.
    case instruction
    /// Writes the bytes at these addresses. The first eight of them, or all if they are fewer, are numbers
    /// in the guest's byte order.
    case write(Range<UInt64>, before: UInt64, after: UInt64)
    /// Reads the bytes at these addresses.
    case read(Range<UInt64>, value: UInt64)
    /// Calls the system. Without a result or an error number the thread waits, or the call does not return.
    case systemCall(
      number: UInt64, name: String?, arguments: [UInt64], result: UInt64?, error: UInt64?)
    /// Begins to read a pre-image.
    case preimage(PreimageKey, size: Int)
    /// Completes a hint. The first 1024 bytes of it, and its size.
    case hint([UInt8], size: Int)
  }

  /// Steps executed before this one.
  public let step: UInt64
  /// The thread that executed it, before the step.
  public let thread: GuestThread
  /// What it did, at least one event.
  public let events: [Event]
}

extension Machine {
  /// Executes as ``run(until:events:cancellation:)`` does, and reports steps right after each of them.
  ///
  /// ```swift
  /// var filter = StepFilter()
  /// filter.writes = [0x2035a0..<0x2035a8]
  /// try machine.observe(filter) { step in
  ///   print(step.step, step.events)
  ///   return true
  /// }
  /// ```
  ///
  /// Between the steps that are reported the engine runs at its speed.
  ///
  /// - Parameters:
  ///   - filter: which steps are reported.
  ///   - step: the steps since the program's start after which the run stops.
  ///   - cancellation: lets another thread end the run.
  ///   - body: receives each step, and returns whether the run continues. It may look at the machine. If
  ///     it throws, the run ends with an error of code ``FalconetError/Code/callback``.
  /// - Returns: why the run stopped: ``StopReason/cancelled`` if `body` ended it.
  @discardableResult
  public func observe(
    _ filter: StepFilter, until step: UInt64 = .max, cancellation: Cancellation? = nil,
    _ body: (ObservedStep) throws -> Bool
  ) throws(FalconetError) -> StopReason {
    let request = ScanRequest(filter)
    if let problem = request.problem(inner.version) {
      throw FalconetError(.invalidArgument, problem)
    }
    let stop = try execute(cancellation) { () throws(EventFailure) in
      var failure: (any Error)?
      var isEnded = false
      let stop: ObservedStop
      do throws(MachineError) {
        stop = try inner.scan(until: step, for: request) { hit in
          if cancellation?.isRequested == true {
            isEnded = true
            return false
          }
          do { isEnded = try !body(ObservedStep(hit)) } catch {
            failure = error
            isEnded = true
          }
          return !isEnded
        }
      } catch { throw .machine(error) }
      if let failure { throw .caller(failure) }
      if isEnded { throw .cancelled }
      return stop
    }
    return switch stop {
    case .step: .step
    case .exited: .exited
    case .interrupted, .address, .access, .systemCallWrote, .systemCall, .threadSwitch, nil:
      .cancelled
    }
  }
}

extension Machine {
  /// Executes as ``run(until:events:cancellation:)`` does, and reports the steps after which another thread is
  /// active.
  ///
  /// - Parameters:
  ///   - step: the steps since the program's start after which the run stops.
  ///   - cancellation: lets another thread end the run.
  ///   - body: receives the steps executed before the one that switched, and the thread that is active after it.
  ///     Returns whether the run continues.
  public func observeThreadSwitches(
    until step: UInt64 = .max, cancellation: Cancellation? = nil,
    _ body: (_ step: UInt64, _ thread: UInt64) -> Bool
  ) throws(FalconetError) {
    var conditions = StopConditions()
    conditions.threadSwitches = true
    _ = try execute(cancellation) { () throws(EventFailure) in
      defer { inner.forgetStops() }
      while true {
        if cancellation?.isRequested == true { throw .cancelled }
        let stop: ObservedStop
        do throws(MachineError) {
          stop = try inner.run(until: step, stoppingFor: conditions, skipsFirst: false)
        } catch { throw .machine(error) }
        guard case .threadSwitch = stop else { return }
        guard body(inner.step &- 1, inner.state.activeThread?.id ?? 0) else { return }
      }
    }
  }
}

extension ScanRequest {
  fileprivate init(_ filter: StepFilter) {
    self.init()
    conditions.writes = filter.writes.filter { !$0.isEmpty }.map { WatchedRange($0) }
    conditions.reads = filter.reads.filter { !$0.isEmpty }.map { WatchedRange($0) }
    conditions.addresses = filter.addresses
    conditions.systemCalls = filter.includesSystemCalls
    preimages = filter.includesHostRequests
    hints = filter.includesHostRequests
  }
}

extension WatchedRange {
  fileprivate init(_ range: Range<UInt64>) {
    self.init(range.lowerBound, count: range.upperBound - range.lowerBound)
  }
}

extension ObservedStep {
  fileprivate init(_ hit: ScanHit) {
    self.init(
      step: hit.step, thread: GuestThread(hit.thread), events: hit.events.compactMap { Event($0) })
  }
}

extension ObservedStep.Event {
  fileprivate init?(_ event: ScanHit.Event) {
    switch event {
    case .instruction: self = .instruction
    case .access(let access, let before, let after):
      let (end, overflow) = access.range.last.addingReportingOverflow(1)
      let range = access.range.start..<(overflow ? .max : end)
      self =
        access.isWrite
        ? .write(
          range, before: access.firstBytes(of: before), after: access.firstBytes(of: after))
        : .read(range, value: access.firstBytes(of: before))
    case .systemCall(let call):
      var (result, error): (UInt64?, UInt64?)
      switch call.answer {
      case .value(let value): result = value
      case .error(let number): error = number
      case nil: break
      }
      self = .systemCall(
        number: call.number, name: call.name, arguments: call.arguments, result: result,
        error: error)
    case .preimage(let key, let size): self = .preimage(PreimageKey(key), size: size)
    case .hint(let bytes, let size): self = .hint(bytes, size: size)
    // A filter asks for neither.
    case .call, .output: return nil
    }
  }
}
