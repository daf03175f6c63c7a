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
