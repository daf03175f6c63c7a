import CFPVM
import FalconetStreams

/// A machine of another VM.
///
/// Safety: one call at a time uses it, since it is not Sendable; it is freed once, and keeps its library and
/// its host. Bytes that the VM returns are copied and freed here.
package final class ForeignMachine {
  /// What a machine is.
  package struct Info: Equatable {
    package var step: UInt64
    package var kind: UInt32
    package var exited: Bool
    package var exitCode: UInt64
    /// Bytes of memory; 0 if the VM does not count them.
    package var memory: UInt64
  }

  /// Why a run returned.
  package enum Stop: Equatable {
    case step
    case exited
    case read
    case callback
  }

  package let library: ForeignLibrary
  /// For calls that this type does not make.
  package let handle: OpaquePointer
  private var box: ForeignHostBox?
  /// The step at which the last run says that it stopped.
  package private(set) var stoppedAt: UInt64 = 0

  private var table: UnsafePointer<fpvm_table> { library.table }

  /// Takes over a machine.
  package init(_ handle: OpaquePointer, of library: ForeignLibrary) {
    self.handle = handle
    self.library = library
  }

  deinit { ForeignCalls.counted { _ = fpvm_call_free_machine(library.table, handle) } }

  /// Sets what the machine calls.
  package func setHost(_ host: ForeignHost?) throws(ForeignError) {
    let box = host.map(ForeignHostBox.init)
    try foreignCall { error in
      guard var callbacks = box?.callbacks else {
        return fpvm_call_set_callbacks(table, handle, nil, error)
      }
      return fpvm_call_set_callbacks(table, handle, &callbacks, error)
    }
    self.box = box
  }

  /// Overwrites the bytes of the last pre-image that the host gave: the VM may use no more of them.
  package func spoilAnswer() { box?.spoilAnswer() }

  package func info() throws(ForeignError) -> Info {
    var info = fpvm_info()
    info.size = UInt64(MemoryLayout<fpvm_info>.size)
    try foreignCall { error in fpvm_call_info(table, handle, &info, error) }
    return Info(
      step: info.step, kind: info.kind, exited: info.exited != 0, exitCode: info.exit_code,
      memory: info.memory)
  }

  package func claim() throws(ForeignError) -> [UInt8] {
    var claim = [UInt8](repeating: 0, count: library.claimSize)
    try foreignCall { error in
      fpvm_call_claim(table, handle, &claim, UInt64(claim.count), error)
    }
    return claim
  }

  package func witness() throws(ForeignError) -> [UInt8] {
    try bytes("the witness") { fpvm_call_witness(table, handle, $0, $1) }
  }

  /// The bytes of the state, which begin with its claim.
  package func state() throws(ForeignError) -> [UInt8] {
    try bytes("the state") { fpvm_call_save_state(table, handle, $0, $1) }
  }

  /// Writes the bytes of the state.
  package func write(to sink: any ByteSink) throws(ForeignError) {
    let writer = ForeignSink(sink)
    let context = Unmanaged.passUnretained(writer).toOpaque()
    do throws(ForeignError) {
      try withExtendedLifetime(writer) { () throws(ForeignError) in
        try foreignCall { fpvm_call_write_state(table, handle, ForeignSink.write, context, $0) }
      }
    } catch {
      throw writer.failure ?? error
    }
    // A VM may not say that a piece was refused.
    if let failure = writer.failure { throw failure }
  }

  /// What the next step does, for people; nil if the VM does not say.
  package func describe() throws(ForeignError) -> String? {
    guard library.capabilities.contains(.describe) else { return nil }
    let text = try bytes("the description") { fpvm_call_describe(table, handle, $0, $1) }
    let line = String(decoding: text, as: UTF8.self).printable
    return line.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline)
      .joined(separator: " ")
  }

  /// Bytes that the VM cannot have given are not freed either.
  private func bytes(
    _ name: String,
    _ body: (UnsafeMutablePointer<fpvm_bytes>, UnsafeMutablePointer<fpvm_error>) -> Int32
  ) throws(ForeignError) -> [UInt8] {
    var bytes = fpvm_bytes()
    try foreignCall { body(&bytes, $0) }
    let copy = try [UInt8](bytes, named: name)
    ForeignCalls.counted { fpvm_call_free_bytes(table, &bytes) }
    return copy
  }

  /// A second machine in the same state, without a host.
  package func clone() throws(ForeignError) -> ForeignMachine {
    guard library.capabilities.contains(.clone) else { throw library.lacks("clone machines") }
    var copy: OpaquePointer?
    try foreignCall { fpvm_call_clone(table, handle, &copy, $0) }
    guard let copy else { throw ForeignError(FPVM_INTERNAL, "the VM gave no machine") }
    return ForeignMachine(copy, of: library)
  }

  /// A second machine in the same state, without a host, by a clone or by the bytes of the state.
  package func copy() throws(ForeignError) -> ForeignMachine {
    if library.capabilities.contains(.clone) { return try clone() }
    return try library.loadState(try state())
  }

  /// Runs until `step` steps are executed, or something else stops it.
  @discardableResult
  package func run(until step: UInt64, stopsAtReads: Bool = false) throws(ForeignError) -> Stop {
    var run = fpvm_run()
    run.size = UInt64(MemoryLayout<fpvm_run>.size)
    run.until = step
    run.flags = stopsAtReads ? FPVM_STOP_AT_READ : 0
    var stop = fpvm_stop()
    stop.size = UInt64(MemoryLayout<fpvm_stop>.size)
    try calling { fpvm_call_run(table, handle, &run, &stop, $0) }
    stoppedAt = stop.step
    switch stop.reason {
    case FPVM_STOPPED_AT_STEP: return .step
    case FPVM_STOPPED_AT_EXIT: return .exited
    case FPVM_STOPPED_AT_READ: return .read
    case FPVM_STOPPED_BY_CALLBACK:
      guard box?.hasStopped == true else { throw .stopWithoutWish }
      return .callback
    default:
      throw ForeignError(
        FPVM_INTERNAL, "the VM stopped for reason \(stop.reason), which fpvm.h does not have")
    }
  }

  /// Executes one step and proves it.
  package func prove() throws(ForeignError) -> ForeignProof {
    guard library.capabilities.contains(.prove) else { throw library.lacks("prove steps") }
    var proof: UnsafePointer<fpvm_proof>?
    try calling { fpvm_call_prove(table, handle, &proof, $0) }
    guard let proof else { throw ForeignError(FPVM_INTERNAL, "the VM gave no proof") }
    let size = proof.pointee.size
    guard size >= UInt64(MemoryLayout<fpvm_proof>.size) else {
      throw ForeignError(FPVM_INTERNAL, "the proof of the VM says that it has \(size) bytes")
    }
    let copy = try ForeignProof(proof.pointee)
    ForeignCalls.counted { fpvm_call_free_proof(table, proof) }
    return copy
  }

  /// A call that executes steps, and so calls the host.
  private func calling(
    _ body: (UnsafeMutablePointer<fpvm_error>) -> Int32
  ) throws(ForeignError) {
    box?.begin()
    let result = Result { () throws(ForeignError) in
      try foreignCall(isStopped: { box?.hasStopped == true }, body)
    }
    if let fault = box?.fault {
      throw ForeignError(FPVM_INTERNAL, "the VM called a callback with \(fault)")
    }
    try result.get()
  }
}

/// Where a VM writes a state.
///
/// Safety: lives until the call of the VM returns, which is the only one that has the pointer to it.
private final class ForeignSink {
  private let sink: any ByteSink
  private(set) var failure: ForeignError?

  init(_ sink: any ByteSink) { self.sink = sink }

  static let write: fpvm_write_fn = { context, bytes, count in
    guard let context else { return FPVM_INVALID }
    let writer = Unmanaged<ForeignSink>.fromOpaque(context).takeUnretainedValue()
    // What follows a piece that was refused would leave a gap.
    guard writer.failure == nil else { return FPVM_CALLBACK }
    guard bytes != nil, 1...FPVM_BYTES_MAX ~= count else {
      writer.failure = ForeignError(
        FPVM_INTERNAL,
        "the VM writes a state in a piece of \(count) bytes" + (bytes == nil ? " at NULL" : ""))
      return FPVM_INVALID
    }
    do throws(StreamError) {
      try writer.sink.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
      return FPVM_OK
    } catch {
      writer.failure = ForeignError(error)
      return FPVM_CALLBACK
    }
  }
}
