internal import FalconetELF
internal import FalconetMachine
internal import FalconetProofs
internal import FalconetStreams
internal import FalconetTrace

/// Why something failed: what was wrong, where, and what to do.
///
/// ```swift
/// do {
///   _ = try machine.run()
/// } catch let error where error.code == .preimageMissing {
///   try fetch(error.preimageKey)
/// }
/// ```
///
/// After an error, a machine is in the state before the step that failed, and can continue from there.
public struct FalconetError: Error, Sendable, CustomStringConvertible {
  /// The kind of an error. Later releases may add kinds, so a `switch` needs a `default`.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The code as a word, such as `preimage-missing`.
    public let description: String

    init(_ description: String) { self.description = description }

    /// A file or directory does not exist.
    public static let notFound = Code("not-found")
    /// A file cannot be read or written.
    public static let inputOutput = Code("input-output")
    /// Data ends early, fails a checksum, or breaks the rules of its format.
    public static let corrupt = Code("corrupt")
    /// Data is valid, but this release, the format or the state version does not support it.
    public static let unsupported = Code("unsupported")
    /// An argument is not valid.
    public static let invalidArgument = Code("invalid-argument")
    /// The guest did something illegal, so no state follows.
    public static let guestFault = Code("guest-fault")
    /// The source has no pre-image for a key, or there is no source.
    public static let preimageMissing = Code("preimage-missing")
    /// The source of pre-images failed, or returned a pre-image that does not match its key.
    public static let preimageSource = Code("preimage-source")
    /// A limit of memory or disk is reached, or the host has no more of it.
    public static let limit = Code("limit")
    /// A file or a source belongs to another trace, or contradicts what the trace knows.
    public static let otherTrace = Code("other-trace")
    /// Another process has the directory of a trace open.
    public static let locked = Code("locked")
    /// The caller cancelled the work.
    public static let cancelled = Code("cancelled")
    /// A closure of the caller threw: see ``FalconetError/cause``.
    public static let callback = Code("callback")
    /// Two executions of the same steps differ: no result can be trusted.
    public static let mismatch = Code("mismatch")
  }

  /// The kind of the error.
  public var code: Code
  /// What was wrong, in words.
  public var message: String
  /// The file or directory, if the error is about one.
  public var path: String?
  /// The step that failed: the number of steps executed before it.
  public var step: UInt64?
  /// The key of the pre-image that was requested.
  public var preimageKey: PreimageKey?
  /// What to do, if that is known.
  public var remedy: String?
  /// The error behind this one: what a closure of the caller threw, or an error of the library's own
  /// modules.
  public var cause: (any Error)?

  /// Where in the file, in bytes from its start; if it is compressed, in its contents.
  var offset: UInt64?
  /// The address of the instruction that failed.
  var pc: UInt64?
  /// The key with its type, the offset and the system call, if a pre-image was requested.
  var request: String?

  init(_ code: Code, _ message: String, remedy: String? = nil) {
    self.code = code
    self.message = message
    self.remedy = remedy
  }

  /// All of the above in one line, with the offset in the file or the address of the instruction.
  public var description: String {
    var text = path.map { "\($0): " } ?? ""
    text += message
    if let offset { text += " at byte \(offset)" }
    if let request {
      text += " (\(request))"
    } else if let preimageKey {
      text += " (key \(preimageKey))"
    }
    if let step { text += ", at step \(step)" }
    if let pc { text += ", pc \(hex(pc))" }
    if let remedy, !remedy.isEmpty { text += ": \(remedy)" }
    return text
  }
}

extension FalconetError {
  /// The error that a caller's closure threw.
  init(cause: any Error) {
    if let error = cause as? FalconetError {
      self = error
    } else {
      self.init(.callback, "a closure of the caller threw an error: \(cause)")
      self.cause = cause
    }
  }

  init(_ error: StreamError) {
    self.init(Code(error.kind), error.message, remedy: error.remedy)
    path = error.path
    offset = error.offset
    cause = error
  }

  init(_ error: ELFError) {
    let code: Code =
      switch error.kind {
      case .unreadable: .inputOutput
      case .notELF, .cutShort, .corrupt: .corrupt
      case .unsupported, .outOfRange, .noSymbols: .unsupported
      case .tooLarge, .noMemory: .limit
      }
    self.init(code, error.message, remedy: error.remedy)
    path = error.file
    offset = error.offset
    cause = error
  }

  init(_ error: PreimageError) {
    let code: Code =
      switch error.kind {
      case .missing, .noSource: .preimageMissing
      case .wrong, .stalled, .disconnected, .unreadable: .preimageSource
      case .hintLimit: .limit
      case .interrupted: .cancelled
      }
    self.init(code, error.message, remedy: error.remedy)
    preimageKey = error.key.map { PreimageKey($0) }
    request = error.request
    cause = error
  }

  init(_ error: MachineError) {
    switch error {
    case .fault(let fault):
      self.init(.guestFault, fault.panic.message)
      (step, pc) = (fault.step, fault.pc)
    case .preimage(let failure, let step, let pc):
      self.init(failure)
      (self.step, self.pc) = (step, pc)
    case .memory(let failure, let step, let pc):
      self.init(.limit, "\(failure)")
      (self.step, self.pc) = (step, pc)
    case .engines(let mismatch): self.init(.mismatch, mismatch.description)
    }
    cause = error
  }

  init(_ error: RevisionError) {
    self.init(.invalidArgument, error.description)
    cause = error
  }

  init(_ error: TraceError) {
    switch error {
    case .machine(let failure): self.init(failure)
    case .vm(let failure): self.init(.unsupported, "\(failure)")
    case .source(let failure): self.init(failure)
    case .file(let failure): self.init(failure)
    case .revision(let failure): self.init(failure)
    case .locked(let path):
      self.init(.locked, "\(error)")
      self.path = path
    case .otherTrace, .otherInputs, .otherSource, .otherPreimages, .notTrace, .prestateChanged,
      .contradiction:
      self.init(.otherTrace, "\(error)")
    case .exitedPrestate, .beforePrestate: self.init(.invalidArgument, "\(error)")
    case .budget: self.init(.limit, "\(error)")
    case .unconfirmed: self.init(.mismatch, "\(error)")
    case .deleted: self.init(.notFound, "\(error)")
    case .interrupted: self.init(.cancelled, "cancelled")
    }
    cause = error
  }
}

extension FalconetError {
  /// A file of a trace that cannot be used.
  init(_ incident: TraceIncident) {
    self.init(.corrupt, incident.reason)
    path = incident.path
  }
}

extension FalconetError.Code {
  fileprivate init(_ kind: StreamError.Kind) {
    self =
      switch kind {
      case .notFound: .notFound
      case .permission, .readOnly, .isDirectory, .brokenPipe, .system: .inputOutput
      case .noSpace, .tooLarge: .limit
      case .truncated, .corrupt, .checksum, .trailingData, .syntax: .corrupt
      case .unsupported: .unsupported
      case .interrupted: .cancelled
      }
  }
}
