import CFalconet
import FalconetELF
import FalconetMachine
import FalconetStreams
import FalconetTrace

/// Why a call failed: its status, and the message for the thread that made it.
struct CallError: Error {
  let status: falconet_status
  let message: String

  init(_ status: falconet_status, _ message: String) {
    self.status = status
    self.message = message
  }

  /// An argument that is not valid.
  static func invalid(_ message: String) -> CallError {
    CallError(FALCONET_INVALID_ARGUMENT, message)
  }

  init(_ error: StreamError) { self.init(Self.status(of: error.kind), "\(error)") }

  init(_ error: ELFError) {
    let status =
      switch error.kind {
      case .unreadable: FALCONET_IO_ERROR
      case .noMemory: FALCONET_NO_MEMORY
      case .unsupported: FALCONET_UNSUPPORTED
      case .notELF, .cutShort, .corrupt, .outOfRange, .noSymbols, .tooLarge: FALCONET_BAD_DATA
      }
    self.init(status, "\(error)")
  }

  init(_ error: PreimageError) { self.init(FALCONET_PREIMAGE_ERROR, "\(error)") }

  init(_ error: MachineError) {
    let status =
      switch error {
      case .fault: FALCONET_PANIC
      case .preimage: FALCONET_PREIMAGE_ERROR
      case .memory: FALCONET_NO_MEMORY
      case .engines: FALCONET_MISMATCH
      }
    self.init(status, "\(error)")
  }

  init(_ error: TraceError) {
    switch error {
    case .machine(let error): self.init(error)
    case .vm(let error): self.init(FALCONET_UNSUPPORTED, "\(error)")
    case .source(let error): self.init(error)
    case .file(let error): self.init(error)
    case .locked: self.init(FALCONET_LOCKED, "\(error)")
    case .otherTrace, .otherInputs, .revision, .otherSource, .otherPreimages, .notTrace,
      .beforePrestate, .deleted:
      self.init(FALCONET_INVALID_ARGUMENT, "\(error)")
    case .exitedPrestate: self.init(FALCONET_EXITED, "\(error)")
    case .prestateChanged: self.init(FALCONET_BAD_DATA, "\(error)")
    case .contradiction, .unconfirmed: self.init(FALCONET_MISMATCH, "\(error)")
    case .budget: self.init(FALCONET_NO_ROOM, "\(error)")
    case .interrupted: self.init(FALCONET_CANCELLED, "the call was cancelled")
    }
  }

  private static func status(of kind: StreamError.Kind) -> falconet_status {
    switch kind {
    case .notFound: FALCONET_NOT_FOUND
    case .permission, .readOnly, .noSpace, .isDirectory, .brokenPipe, .system, .interrupted:
      FALCONET_IO_ERROR
    case .truncated, .corrupt, .checksum, .trailingData, .tooLarge, .syntax: FALCONET_BAD_DATA
    case .unsupported: FALCONET_UNSUPPORTED
    }
  }
}
