import CFPVM

/// What a machine of another VM calls.
package struct ForeignHost {
  /// What is behind a key.
  package enum Answer {
    case bytes([UInt8])
    case missing
    case stop
    case failed
  }

  /// What becomes of a step.
  package enum Wish: Equatable {
    case goOn
    case stop
    case fail
  }

  package var preimage: (([UInt8]) -> Answer)?
  package var hint: (([UInt8]) -> Wish)?
  package var output: ((UInt32, [UInt8]) -> Void)?
  /// Returns whether the run goes on.
  package var progress: ((UInt64) -> Bool)?
  package var progressInterval: UInt64 = 0
  /// Why the last pre-image or hint failed, for the error of the call that needed it.
  package var complaint: (() -> String?)?

  package init() {}
}

/// A host behind the pointer that callbacks get as their context.
///
/// Safety: the machine that has the callbacks keeps this object. The bytes of a pre-image are allocated here,
/// and freed when the next is asked for, or with this object, which is after the call that got them.
final class ForeignHostBox {
  private let host: ForeignHost
  private var answer = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
  /// What was wrong with a call of the VM's.
  private(set) var fault: String?
  /// Whether a callback said that the run is to stop, since ``begin()``.
  private(set) var hasStopped = false

  init(_ host: ForeignHost) { self.host = host }

  deinit { answer.deallocate() }

  /// A call of the VM begins.
  func begin() { (fault, hasStopped) = (nil, false) }

  /// The structure that makes a VM call this object.
  var callbacks: fpvm_callbacks {
    var result = fpvm_callbacks()
    result.size = UInt64(MemoryLayout<fpvm_callbacks>.size)
    result.context = Unmanaged.passUnretained(self).toOpaque()
    result.progress_interval = host.progressInterval
    if host.preimage != nil {
      result.preimage = { context, key, count, result in
        guard let box = ForeignHostBox.at(context) else { return FPVM_INVALID }
        guard let result else { return box.refuse("no place for a pre-image") }
        guard let key = box.bytes("a key", key, count) else { return FPVM_INVALID }
        return box.preimage(key, result)
      }
    }
    if host.hint != nil {
      result.hint = { context, hint, count in
        guard let box = ForeignHostBox.at(context), let take = box.host.hint,
          let hint = box.bytes("a hint", hint, count)
        else { return FPVM_INVALID }
        return switch ForeignCalls.inCallback({ take(hint) }) {
        case .goOn: FPVM_OK
        case .stop: box.stop()
        case .fail: FPVM_CALLBACK
        }
      }
    }
    if host.output != nil {
      result.output = { context, stream, bytes, count in
        guard let box = ForeignHostBox.at(context),
          let bytes = box.bytes("output", bytes, count)
        else { return }
        ForeignCalls.inCallback { box.host.output?(stream, bytes) }
      }
    }
    if host.progress != nil {
      result.progress = { context, step in
        guard let box = ForeignHostBox.at(context), let progress = box.host.progress else {
          return FPVM_INVALID
        }
        return ForeignCalls.inCallback { progress(step) } ? FPVM_OK : box.stop()
      }
    }
    return result
  }

  private static func at(_ context: UnsafeMutableRawPointer?) -> ForeignHostBox? {
    context.map { Unmanaged<ForeignHostBox>.fromOpaque($0).takeUnretainedValue() }
  }

  /// What the VM gave to a callback; nil, and a fault, if it can be no bytes.
  private func bytes(
    _ name: String, _ start: UnsafePointer<UInt8>?, _ count: UInt64
  ) -> [UInt8]? {
    if let bytes = [UInt8](foreign: start, count: count) { return bytes }
    _ = refuse("\(name) of \(count) bytes\(start == nil ? " at NULL" : "")")
    return nil
  }

  private func refuse(_ what: String) -> Int32 {
    if fault == nil { fault = what }
    return FPVM_INVALID
  }

  private func stop() -> Int32 {
    hasStopped = true
    return FPVM_STOP
  }

  private func preimage(_ key: [UInt8], _ result: UnsafeMutablePointer<fpvm_bytes>) -> Int32 {
    switch ForeignCalls.inCallback({ host.preimage?(key) ?? .missing }) {
    case .missing: return FPVM_NOT_FOUND
    case .stop: return stop()
    case .failed: return FPVM_CALLBACK
    case .bytes(let bytes):
      answer.deallocate()
      answer = .allocate(capacity: bytes.count)
      _ = answer.initialize(from: bytes)
      result.pointee = fpvm_bytes(bytes: answer.baseAddress, count: UInt64(bytes.count))
      return FPVM_OK
    }
  }

  /// Overwrites what the last answer was, which nobody may read any longer.
  func spoilAnswer() {
    for place in answer.indices { answer[place] ^= 0xFF }
  }
}
