import CFPVM

/// Why a call of a VM failed.
package struct ForeignError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A status of fpvm.h.
  package var status: Int32
  /// What was wrong, as the VM says it.
  package var message: String

  package init(_ status: Int32, _ message: String) {
    self.status = status
    self.message = message
  }

  package var description: String {
    message.isEmpty
      ? "the VM failed with \(Self.name(of: status)), and says no more" : message
  }

  /// The name of a status, as fpvm.h has it.
  package static func name(of status: Int32) -> String {
    switch status {
    case FPVM_OK: "FPVM_OK"
    case FPVM_INVALID: "FPVM_INVALID"
    case FPVM_BUSY: "FPVM_BUSY"
    case FPVM_UNSUPPORTED: "FPVM_UNSUPPORTED"
    case FPVM_BAD_DATA: "FPVM_BAD_DATA"
    case FPVM_NOT_FOUND: "FPVM_NOT_FOUND"
    case FPVM_PREIMAGE: "FPVM_PREIMAGE"
    case FPVM_PANIC: "FPVM_PANIC"
    case FPVM_EXITED: "FPVM_EXITED"
    case FPVM_REJECTED: "FPVM_REJECTED"
    case FPVM_NO_MEMORY: "FPVM_NO_MEMORY"
    case FPVM_CALLBACK: "FPVM_CALLBACK"
    case FPVM_INTERNAL: "FPVM_INTERNAL"
    case FPVM_STOP: "FPVM_STOP"
    default: "status \(status)"
    }
  }
}

/// Room for the text of an error.
///
/// Safety: the text has the room that the structure says, during the call.
func foreignCall(
  _ body: (UnsafeMutablePointer<fpvm_error>) -> Int32
) throws(ForeignError) {
  var failure: ForeignError?
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { room in
    var error = fpvm_error(
      size: UInt64(MemoryLayout<fpvm_error>.size), text: room.baseAddress,
      room: UInt64(room.count), count: 0)
    let status = body(&error)
    guard status != FPVM_OK else { return }
    let text = UnsafeRawBufferPointer(room)[..<min(room.count, Int(clamping: error.count))]
    failure = ForeignError(status, String(decoding: text, as: UTF8.self))
  }
  if let failure { throw failure }
}
