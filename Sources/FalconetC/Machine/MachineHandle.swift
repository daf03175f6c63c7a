// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetELF
import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams
import FalconetTrace

/// A machine as the C interface hands it out.
///
/// Safety: as ``Handle``: one call at a time uses the machine; the cancellation is atomic.
final class MachineHandle: Handle, @unchecked Sendable {
  override class var kind: String { "machine" }

  let machine: Machine
  let control = RunControl()
  private var source = PreimageSource.unset
  /// What answers before the source is asked.
  private var store: StoreSetting?
  /// The source while it is open; a cancelled request closes it.
  private let oracle = HintedOracle()
  private var localInputs: [UInt64: [UInt8]] = [:]

  /// What the snapshot says, as long as nothing was compared with it.
  private var stated: StatedClaim?

  init(
    state: MachineState, memory: Memory, stated: StatedClaim? = nil
  ) throws(CallError) {
    self.stated = stated
    do {
      machine = Machine(
        state: state, memory: memory, revision: try Revision.chosen(for: state))
    } catch { throw CallError(FALCONET_UNSUPPORTED, error.description) }
    super.init()
    machine.shouldInterrupt = { [control, unowned machine] in
      control.shouldStop(at: machine.step)
    }
    machine.oracle = LocalInputs(localInputs, source: oracle)
  }

  convenience init(_ image: MemoryImage, _ stated: StatedClaim?) throws(CallError) {
    try self.init(state: image.state, memory: image.memory, stated: stated)
  }

  convenience init(_ prestate: Prestate) throws(CallError) {
    try self.init(state: prestate.state, memory: prestate.memory)
  }

  /// Whether the state comes from pages that were hashed, and compared with what their file says.
  var isVerified: Bool { stated == nil }

  /// Compares what the snapshot says with its pages, for a call that hashes them in any case.
  func verify() throws(CallError) {
    guard var claim = stated else { return }
    defer { if stated != nil { stated = claim } }
    try streaming { () throws(StreamError) in
      if try claim.compare(with: machine) { stated = nil }
    }
  }

  func setSource(_ source: PreimageSource) throws(CallError) {
    try connect(source, store)
    self.source = source
  }

  func setStore(_ store: StoreSetting?) throws(CallError) {
    try connect(source, store)
    self.store = store
  }

  private func connect(_ source: PreimageSource, _ store: StoreSetting?) throws(CallError) {
    var source = source
    store?.apply(to: &source)
    do throws(PreimageError) {
      oracle.connect(try source.open(cancellation).oracle, isChecked: true)
    } catch { throw CallError(error) }
  }

  private var cancellation: Cancellation {
    Cancellation { [control] in control.isCancelRequested }
  }

  /// Opens the source if it is not open.
  func connect() throws(CallError) {
    if !oracle.isConnected { try connect(source, store) }
  }

  /// Completes what was added to the store. What that cannot write, it reports itself.
  func flush() { try? oracle.flush() }

  /// The source as another conversation, with the local inputs, for a copy of the machine.
  func openSource() throws(PreimageError) -> any PreimageOracle {
    var source = source
    store?.apply(to: &source)
    source.localInputs = localInputs
    return try source.open(cancellation).oracle
  }

  func setLocalInput(_ index: UInt64, _ value: [UInt8]) {
    localInputs[index] = value
    machine.oracle = LocalInputs(localInputs, source: oracle)
  }

  /// The error of a call that executed steps; nil if a request for a pre-image was cancelled. The
  /// source is then reopened for the next one, since a conversation with a server cannot continue in
  /// the middle.
  func reported(_ error: MachineError) -> CallError? {
    guard case .preimage(let failure, _, _) = error, failure.kind == .interrupted else {
      return CallError(error)
    }
    oracle.disconnect()
    return nil
  }

  /// Requires two machines, for a call that uses both.
  static func requireDifferent(
    _ first: OpaquePointer?, _ second: OpaquePointer?
  ) throws(CallError) {
    guard first != second || first == nil else {
      throw .invalid("first and second are the same machine: a comparison needs two")
    }
  }

  /// Calls `body` with the machine of a handle.
  static func use<Value>(
    _ handle: OpaquePointer?, _ body: (MachineHandle) throws(CallError) -> Value
  ) throws(CallError) -> Value { try Handles.use(handle, MachineHandle.self, body) }

  /// Calls `body` with the machine of a handle that is const in falconet.h: a callback of the
  /// machine's own run may do so too.
  static func look<Value>(
    _ handle: OpaquePointer?, _ body: (MachineHandle) throws(CallError) -> Value
  ) throws(CallError) -> Value { try Handles.look(handle, MachineHandle.self, body) }
}

@c @implementation
public func falconet_machine_free(_ machine: OpaquePointer?) -> falconet_status {
  call { () throws(CallError) in
    if machine != nil { try Handles.remove(machine, MachineHandle.self) }
  }
}
