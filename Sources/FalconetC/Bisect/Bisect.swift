// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetBisect
import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Keccak

@c @implementation
public func falconet_machine_bisect(
  _ first: OpaquePointer?, _ second: OpaquePointer?, _ limit: UInt64,
  _ divergence: UnsafeMutablePointer<falconet_divergence>?
) -> falconet_status {
  call { () throws(CallError) in
    let result = try Argument.pointer(divergence, "divergence")
    result.pointee = falconet_divergence()
    try MachineHandle.requireDifferent(first, second)
    try MachineHandle.use(first) { (first) throws(CallError) in
      try MachineHandle.use(second) { (second) throws(CallError) in
        result.pointee = try find(until: limit, cancelledWith: [first, second]) {
          (folder, cancellation) throws(BisectError) in
          (
            try first.side("first", folder, cancellation),
            try second.side("second", folder, cancellation)
          )
        }
      }
    }
  }
}

@c @implementation
public func falconet_machine_bisect_claims(
  _ first: OpaquePointer?, _ second: falconet_claim_fn?, _ context: UnsafeMutableRawPointer?,
  _ limit: UInt64, _ divergence: UnsafeMutablePointer<falconet_divergence>?
) -> falconet_status {
  call { () throws(CallError) in
    let result = try Argument.pointer(divergence, "divergence")
    result.pointee = falconet_divergence()
    let callback = try Argument.pointer(second, "second")
    try MachineHandle.use(first) { (first) throws(CallError) in
      let claims = CallbackSide(callback, context, from: first.machine.step)
      do throws(CallError) {
        result.pointee = try find(until: limit, cancelledWith: [first]) {
          (folder, cancellation) throws(BisectError) in
          (try first.side("first", folder, cancellation), claims)
        }
      } catch { throw claims.failure ?? error }
    }
  }
}

/// Compares two runs, and proves the step in which they part.
///
/// - Parameters:
///   - machines: those whose cancellation ends the comparison.
///   - sides: makes the runs, with a directory for their states and the cancellation.
private func find(
  until limit: UInt64, cancelledWith machines: [MachineHandle],
  _ sides: (WorkDirectory, Cancellation) throws(BisectError) -> (
    any BisectSide, any BisectSide
  )
) throws(CallError) -> falconet_divergence {
  let controls = machines.map(\.control)
  // A cancellation is used up by the call that it ends.
  defer { for control in controls { _ = control.takeCancellation() } }
  do throws(BisectError) {
    let folder = try WorkDirectory.make()
    let cancellation = Cancellation { controls.contains { $0.isCancelRequested } }
    let (first, second) = try sides(folder, cancellation)
    var result = falconet_divergence()
    switch try Bisection(first, second).find(until: limit) {
    case .same(let last, _): result.step = last
    case .differsAtStart(let a, let b):
      result.take(a, b, step: first.start)
      result.at_start = true
    case .differs(let last, _, let a, let b):
      let divergence = try Divergence(at: last, first, second)
      result.take(a, b, step: last)
      result.first_proof = divergence.a.handle
      result.second_proof = divergence.b.handle
    }
    return result
  } catch { throw CallError(error) }
}

extension falconet_divergence {
  fileprivate mutating func take(_ first: SideClaim, _ second: SideClaim, step: UInt64) {
    self.step = step
    differs = true
    has_first = first.copyClaim(to: &self.first)
    has_second = second.copyClaim(to: &self.second)
  }
}

extension SideClaim {
  /// - Returns: whether there is a claim.
  fileprivate func copyClaim(to field: inout some BitwiseCopyable) -> Bool {
    switch value {
    case .otherClaim, .failed: return false
    case .claim(let claim):
      // Sound: called with arrays of 32 bytes.
      withUnsafeMutableBytes(of: &field) { field in
        claim.withBytes { field.copyBytes(from: $0) }
      }
      return true
    }
  }
}

/// Safety: a handle is a number in the form of a pointer, and is never followed.
extension Divergence.Part {
  /// A handle for the proof of the step; nil if there is none.
  fileprivate var handle: OpaquePointer? {
    step.failure == nil ? step.proof.flatMap { Handles.add(ProofHandle($0)) } : nil
  }
}

extension MachineHandle {
  /// A copy of the machine as a run to compare.
  fileprivate func side(
    _ name: String, _ folder: WorkDirectory, _ cancellation: Cancellation
  ) throws(BisectError) -> MachineSide {
    let image: MemoryImage
    do throws(StreamError) { image = try MemoryImage(copying: machine.checkpoint()) } catch {
      throw .file(error)
    }
    do throws(PreimageError) {
      return MachineSide(
        name: name, image: image, oracle: try openSource(), engine: machine.engine, folder: folder,
        revision: machine.revision, hintLimit: machine.hintLimit,
        cancellation: cancellation)
    } catch { throw .program(side: name, "\(error)") }
  }
}

/// A run of which a callback knows the claims.
///
/// Safety: the context is passed on, never followed; the callback runs on the thread of the call and gets
/// room for 32 bytes.
private final class CallbackSide: BisectSide {
  let name = "second"
  let version: StateVersion? = nil
  let start: UInt64
  let steps: [UInt64]? = nil
  private(set) var claimCount = 0
  let executed: UInt64 = 0

  private let callback: falconet_claim_fn
  private let context: UnsafeMutableRawPointer?
  /// Why the callback gave no claim.
  private(set) var failure: CallError?

  init(
    _ callback: @escaping falconet_claim_fn, _ context: UnsafeMutableRawPointer?, from start: UInt64
  ) {
    self.callback = callback
    self.context = context
    self.start = start
  }

  func claim(at step: UInt64) throws(BisectError) -> SideClaim {
    claimCount += 1
    var claim = Bytes32()
    let status = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { room in
      room.initialize(repeating: 0)
      let status = callback(context, step, room.baseAddress)
      if let start = room.baseAddress { claim = Bytes32(readingFrom: start) }
      return status
    }
    // Whether the run has ended is not known, nor needed: the machine's end is.
    switch status {
    case FALCONET_OK: return SideClaim(value: .claim(claim), isEnd: true)
    case FALCONET_PANIC:
      return SideClaim(value: .failed("the callback has no claim"), isEnd: true)
    default:
      let text = "the claim callback failed with \(status.rawValue) at step \(step)"
      failure = CallError(status, text)
      throw .program(side: name, text)
    }
  }

  func saveState() throws(BisectError) {}

  func execute(_ step: UInt64) throws(BisectError) -> SideStep { SideStep() }
}

extension CallError {
  fileprivate init(_ error: BisectError) {
    switch error {
    case .interrupted: self.init(FALCONET_CANCELLED, "the call was cancelled")
    case .run(let side, let failure):
      let inner = CallError(failure)
      self.init(inner.status, "\(side): \(inner.message)")
    case .file(let failure): self.init(failure)
    case .program: self.init(FALCONET_PREIMAGE_ERROR, "\(error)")
    case .mismatch(let text): self = .invalid(text)
    }
  }
}
