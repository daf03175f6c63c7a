import CFPVM
import CFalconet
import FalconetMachine
import FalconetOracle
import FalconetStreams
import Keccak

/// What a machine of the table calls.
///
/// Safety: the context is passed on, never followed; the callbacks run on the thread of the call that has
/// the machine to itself; bytes of a pre-image are copied before another callback is called.
final class FPVMCallbacks: PreimageOracle, @unchecked Sendable {
  private let callbacks: fpvm_callbacks
  /// Whether the last failure was that of a hint.
  private(set) var hintFailed = false

  init(_ callbacks: fpvm_callbacks = fpvm_callbacks()) { self.callbacks = callbacks }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    hintFailed = false
    guard let preimage = callbacks.preimage else {
      throw PreimageError(
        .noSource, key: key,
        message: "the program reads a pre-image, but the machine has no callback for them",
        remedy: "set one with set_callbacks")
    }
    var result = fpvm_bytes()
    let status = key.withBytes {
      preimage(
        callbacks.context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), 32, &result)
    }
    switch status {
    case FPVM_OK: break
    case FPVM_STOP:
      throw PreimageError(.interrupted, key: key, message: "the pre-image callback asks for a stop")
    case FPVM_NOT_FOUND:
      throw PreimageError(.missing, key: key, message: "the callback has no such pre-image")
    default:
      throw PreimageError(
        .unreadable, key: key, message: "the pre-image callback failed with \(status)")
    }
    guard result.count <= PreimageKey.maximumPreimageSize else {
      throw PreimageError(
        .unreadable, key: key,
        message: "a pre-image has at most \(PreimageKey.maximumPreimageSize) bytes, this one has"
          + " \(result.count)")
    }
    return Array(UnsafeBufferPointer(start: result.bytes, count: Int(result.count)))
  }

  var takesHints: Bool { callbacks.hint != nil }

  func hint(_ bytes: [UInt8]) throws(PreimageError) {
    guard let hint = callbacks.hint else { return }
    let status = bytes.withUnsafeBufferPointer {
      hint(callbacks.context, $0.baseAddress, UInt64($0.count))
    }
    hintFailed = status != FPVM_OK && status != FPVM_STOP
    switch status {
    case FPVM_OK: break
    case FPVM_STOP:
      throw PreimageError(
        .interrupted, lastHint: bytes, message: "the hint callback asks for a stop")
    default:
      throw PreimageError(
        .unreadable, lastHint: bytes, message: "the hint callback failed with \(status)")
    }
  }

  func output(_ stream: UInt32, _ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer {
      callbacks.output?(callbacks.context, stream, $0.baseAddress, UInt64($0.count))
    }
  }

  /// The report of a run's progress, from a step on.
  func progress(from step: UInt64) -> ProgressReport {
    guard let progress = callbacks.progress else { return ProgressReport() }
    return ProgressReport(every: callbacks.progress_interval, from: step) { [callbacks] in
      progress(callbacks.context, $0) == FPVM_OK
    }
  }

  /// The error of a call that executed steps.
  func named(_ error: CallError) -> CallError {
    guard error.status == FALCONET_PREIMAGE_ERROR, hintFailed else { return error }
    return CallError(FALCONET_IO_ERROR, error.message)
  }
}

/// The bytes of an input.
///
/// Safety: the context is passed on, never followed; a count past the room is an error.
final class FPVMSource: ByteSource {
  let name = "the input"
  private let callback: fpvm_read_fn
  private let context: UnsafeMutableRawPointer?

  init(_ callback: @escaping fpvm_read_fn, _ context: UnsafeMutableRawPointer?) {
    self.callback = callback
    self.context = context
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    guard !buffer.isEmpty else { return 0 }
    var count: UInt64 = 0
    let status = callback(
      context, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(buffer.count),
      &count)
    guard status == FPVM_OK else {
      throw StreamError(.system(errno: 0), path: name, message: "cannot be read: status \(status)")
    }
    guard count <= UInt64(buffer.count) else {
      throw StreamError(
        .system(errno: 0), path: name,
        message: "has \(count) bytes at once, but \(buffer.count) were requested")
    }
    return Int(count)
  }
}

/// Passes bytes to a write callback.
///
/// Safety: as ``CallbackSink``.
final class FPVMSink: ByteSink {
  let name = "the write callback"
  private let callback: fpvm_write_fn
  private let context: UnsafeMutableRawPointer?

  init(_ callback: @escaping fpvm_write_fn, _ context: UnsafeMutableRawPointer?) {
    self.callback = callback
    self.context = context
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    guard !bytes.isEmpty else { return }
    let status = callback(
      context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
    guard status == FPVM_OK else {
      throw StreamError(.system(errno: 0), path: name, message: "failed with \(status)")
    }
  }

  func finish() throws(StreamError) {}
}
