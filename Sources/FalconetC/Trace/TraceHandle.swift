// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetTrace
import Synchronization

/// The trace of a handle.
///
/// Safety: all that it holds may be used from any thread.
final class TraceHandle: Handle, @unchecked Sendable {
  typealias Preimages = @Sendable () throws(PreimageError) -> any PreimageOracle

  override class var kind: String { "trace" }

  let provider: TraceProvider
  fileprivate let calls: TraceCalls
  private let progress = Mutex(ProgressReport())
  private let surroundings: TraceSurroundings

  /// - Parameter source: what a trace comes from, with the pre-images that it is given.
  init(
    folder: String, _ options: TraceOptions, _ source: (@escaping Preimages) -> TraceSource
  ) throws(CallError) {
    let calls = TraceCalls()
    self.calls = calls
    let surroundings = TraceSurroundings()
    self.surroundings = surroundings
    do throws(TraceError) {
      provider = try TraceProvider(
        directory: folder,
        surroundings.complete(
          source { () throws(PreimageError) in
            try surroundings.open(Cancellation { calls.isCancelled })
          }),
        options)
    } catch { throw CallError(error) }
    super.init()
    // Not the handle itself, which has the provider.
    provider.setInterruption { [weak self] step in self?.shouldStop(at: step) ?? false }
  }

  private func shouldStop(at step: UInt64) -> Bool {
    let goesOn = progress.withLock { $0.goesOn(at: step) }
    return !goesOn || calls.isCancelled
  }

  func report(_ report: ProgressReport) { progress.withLock { $0 = report } }

  func setSource(_ source: PreimageSource) {
    provider.reopenPreimages { surroundings.setSource(source) }
  }

  func setStore(_ store: StoreSetting?) {
    provider.reopenPreimages { surroundings.setStore(store) }
  }

  func setIdentity(_ identity: [UInt8]?) {
    provider.reopenPreimages { surroundings.setIdentity(identity) }
  }

  func setLocalInput(_ index: UInt64, _ value: [UInt8]) {
    provider.reopenPreimages { surroundings.setLocalInput(index, value) }
  }

  /// Calls `body` with the trace of a handle, which calls of other threads may be using too.
  static func use<Value>(
    _ handle: OpaquePointer?, _ body: (TraceHandle) throws(CallError) -> Value
  ) throws(CallError) -> Value {
    let trace = try Handles.find(handle, TraceHandle.self)
    try trace.calls.enter()
    defer { trace.calls.leave() }
    return try body(trace)
  }

  /// Calls `body` with the provider.
  static func ask<Value>(
    _ handle: OpaquePointer?, _ body: (TraceProvider) throws(TraceError) -> Value
  ) throws(CallError) -> Value {
    try use(handle) { (trace) throws(CallError) in
      do throws(TraceError) { return try body(trace.provider) } catch { throw CallError(error) }
    }
  }
}

/// What the calls of a trace set, and the thread that executes reads.
///
/// Safety: all is accessed under the lock; contexts of callbacks
/// are passed on and never followed.
private final class TraceSurroundings: @unchecked Sendable {
  private let lock = Mutex<Void>(())
  private var source = PreimageSource.unset
  private var store: StoreSetting?
  private var localInputs: [UInt64: [UInt8]] = [:]

  /// The identity that the caller states.
  private var identity: [UInt8]?

  func setSource(_ source: PreimageSource) {
    lock.withLock { _ in (self.source, identity) = (source, nil) }
  }

  func setStore(_ store: StoreSetting?) { lock.withLock { _ in self.store = store } }

  func setIdentity(_ identity: [UInt8]?) { lock.withLock { _ in self.identity = identity } }

  func setLocalInput(_ index: UInt64, _ value: [UInt8]) {
    lock.withLock { _ in localInputs[index] = value }
  }

  /// The source of a trace, with what is known of its pre-images.
  func complete(_ source: TraceSource) -> TraceSource {
    var source = source
    source.sourceIdentity = { [self] in lock.withLock { _ in identity ?? self.source.identity } }
    source.localInputs = { [self] in lock.withLock { _ in localInputs } }
    return source
  }

  func open(_ cancellation: Cancellation) throws(PreimageError) -> any PreimageOracle {
    var (source, store, localInputs) = lock.withLock { _ in
      (self.source, self.store, self.localInputs)
    }
    store?.apply(to: &source)
    source.localInputs = localInputs
    return try source.open(cancellation).oracle
  }
}

@c @implementation
public func falconet_trace_free(_ trace: OpaquePointer?) -> falconet_status {
  call { () throws(CallError) in
    guard trace != nil else { return }
    try Handles.find(trace, TraceHandle.self).calls.close()
    try Handles.remove(trace, TraceHandle.self)
  }
}

@c @implementation
public func falconet_trace_cancel(_ trace: OpaquePointer?) -> falconet_status {
  // Not `use`: callbacks may call this.
  call { () throws(CallError) in try Handles.find(trace, TraceHandle.self).calls.cancel() }
}

@c @implementation
public func falconet_trace_resume(_ trace: OpaquePointer?) -> falconet_status {
  call { () throws(CallError) in try Handles.find(trace, TraceHandle.self).calls.resume() }
}
