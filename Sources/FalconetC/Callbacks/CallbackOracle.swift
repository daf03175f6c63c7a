// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetMachine
import FalconetOracle
import Keccak

/// Pre-images and hints that go through callbacks.
///
/// Safety: the context is passed on, never followed; the callbacks run
/// on the thread that executes, as the header says.
struct CallbackOracle: PreimageOracle, @unchecked Sendable {
  /// Nil if there are no pre-images.
  var preimage: falconet_preimage_fn?
  /// Nil if hints are dropped.
  var hint: falconet_hint_fn?
  var context: UnsafeMutableRawPointer?

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    guard let preimage else {
      throw PreimageError(
        .noSource, key: key,
        message: "the program reads a pre-image, but no source of pre-images is set",
        remedy: "call falconet_machine_set_preimages first")
    }
    let handle = Handles.add(Answer())
    let status = key.withBytes {
      preimage(context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), handle)
    }
    let answer: Answer
    do { answer = try Handles.remove(handle, Answer.self) } catch {
      throw PreimageError(
        .unreadable, key: key,
        message: "the pre-image callback returned while another thread was using its answer")
    }
    switch status {
    case FALCONET_OK: return answer.bytes
    case FALCONET_NOT_FOUND:
      throw PreimageError(
        .missing, key: key, message: answer.reason ?? "the callback has no such pre-image")
    default:
      throw PreimageError(
        .unreadable, key: key,
        message: answer.reason ?? "the pre-image callback failed with \(status.rawValue)")
    }
  }

  var takesHints: Bool { hint != nil }

  func hint(_ bytes: [UInt8]) throws(PreimageError) {
    guard let hint else { return }
    let status = bytes.withUnsafeBufferPointer { hint(context, $0.baseAddress, $0.count) }
    guard status == FALCONET_OK else {
      throw PreimageError(
        .unreadable, lastHint: bytes,
        message: "the hint callback failed with \(status.rawValue)")
    }
  }
}

/// A pre-image while a callback appends to it.
///
/// Safety: as ``Handle``: one call at a time uses what it holds.
final class Answer: Handle, @unchecked Sendable {
  override class var kind: String { "answer" }

  fileprivate(set) var bytes: [UInt8] = []
  fileprivate(set) var reason: String?
}

@c @implementation
public func falconet_answer_append(
  _ answer: OpaquePointer?, _ bytes: UnsafeRawPointer?, _ count: Int
) -> falconet_status {
  call { () throws(CallError) in
    try Handles.use(answer, Answer.self) { (answer) throws(CallError) in
      let bytes = try Argument.bytes(bytes, count, "bytes")
      guard bytes.count <= PreimageKey.maximumPreimageSize - answer.bytes.count else {
        throw .invalid(
          "a pre-image has at most \(PreimageKey.maximumPreimageSize) bytes, this one has more")
      }
      answer.bytes.append(contentsOf: bytes)
    }
  }
}

@c @implementation
public func falconet_answer_explain(
  _ answer: OpaquePointer?, _ reason: UnsafePointer<CChar>?
) -> falconet_status {
  call { () throws(CallError) in
    try Handles.use(answer, Answer.self) { (answer) throws(CallError) in
      answer.reason = try Argument.text(reason, "reason")
    }
  }
}
