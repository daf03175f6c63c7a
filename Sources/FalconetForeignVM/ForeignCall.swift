import CFPVM
import Synchronization

/// The calls of VMs that this process makes.
package enum ForeignCalls {
  private static let begun = Atomic<UInt64>(0)
  private static let ended = Atomic<UInt64>(0)
  private static let callbacks = Atomic<UInt64>(0)

  /// The calls at one time.
  package struct Look: Equatable, Sendable {
    /// How many calls have begun. While one is open, this tells whether others begin meanwhile.
    package var begun: UInt64
    /// How many of them go on.
    package var open: UInt64
    /// How many callbacks go on.
    package var callbacks: UInt64

    package init(begun: UInt64, open: UInt64, callbacks: UInt64) {
      (self.begun, self.open, self.callbacks) = (begun, open, callbacks)
    }

    /// Whether calls go on, and all of them wait for a callback.
    package var isInCallback: Bool { callbacks > 0 && callbacks >= open }
  }

  package static var now: Look {
    // In this order, since a call may begin in between.
    let callbacks = callbacks.load(ordering: .sequentiallyConsistent)
    let ended = ended.load(ordering: .sequentiallyConsistent)
    let begun = begun.load(ordering: .sequentiallyConsistent)
    return Look(begun: begun, open: begun - ended, callbacks: callbacks)
  }

  package static func counted<Result>(_ body: () -> Result) -> Result {
    begun.add(1, ordering: .sequentiallyConsistent)
    defer { ended.add(1, ordering: .sequentiallyConsistent) }
    return body()
  }

  /// Does what a callback does.
  package static func inCallback<Result>(_ body: () -> Result) -> Result {
    callbacks.add(1, ordering: .sequentiallyConsistent)
    defer { callbacks.subtract(1, ordering: .sequentiallyConsistent) }
    return body()
  }
}

/// How long calls of a VM may go on after it was to stop.
package struct ForeignPatience {
  private let seconds: Int
  private var used = 0
  private var begun: UInt64

  /// - Parameter calls: those at the time of the wish.
  package init(seconds: Int, _ calls: ForeignCalls.Look) {
    self.seconds = seconds
    begun = calls.begun
  }

  /// Counts a second.
  ///
  /// - Parameter calls: those at its end.
  /// - Returns: whether the patience is at its end.
  package mutating func pass(_ calls: ForeignCalls.Look) -> Bool {
    // A callback is this program's: its time is not the VM's.
    if calls.isInCallback { return false }
    used = calls.open > 0 && calls.begun == begun ? used + 1 : 0
    begun = calls.begun
    return used >= seconds
  }
}

/// Makes a call, with room for the text of an error.
///
/// - Parameter isStopped: whether a callback asked the call to stop.
/// - Throws: ``ForeignError``, with the status `FPVM_STOP` only if a callback asked for it.
///
/// Safety: the text has the room that the structure says, during the call, and is zero before it.
func foreignCall(
  isStopped: () -> Bool = { false }, _ body: (UnsafeMutablePointer<fpvm_error>) -> Int32
) throws(ForeignError) {
  var failure: ForeignError?
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { room in
    room.initialize(repeating: 0)
    var error = fpvm_error(
      size: UInt64(MemoryLayout<fpvm_error>.size), text: room.baseAddress,
      room: UInt64(room.count), count: 0)
    let status = ForeignCalls.counted { body(&error) }
    guard status != FPVM_OK else { return }
    guard status != FPVM_STOP || isStopped() else {
      failure = .stopWithoutWish
      return
    }
    guard error.count <= UInt64(room.count) else {
      let text = "the VM failed, and says that the text has \(error.count) bytes of \(room.count)"
      failure = ForeignError(status, text)
      return
    }
    let text = UnsafeRawBufferPointer(room)[..<Int(error.count)]
    failure = ForeignError(status, String(decoding: text, as: UTF8.self).printable)
  }
  if let failure { throw failure }
}

/// Copies of bytes that a VM gives.
///
/// Safety: NULL and impossible counts are refused. That other bytes are as many as the VM says is its part, as in
/// ``ForeignLibrary``.
extension Array where Element == UInt8 {
  /// A copy of what a VM gives; nil if it can be no bytes: NULL, or more than `FPVM_BYTES_MAX`.
  package init?(foreign start: UnsafePointer<UInt8>?, count: UInt64) {
    guard count > 0 else {
      self = []
      return
    }
    guard let start, count <= FPVM_BYTES_MAX else { return nil }
    self.init(UnsafeBufferPointer(start: start, count: Int(count)))
  }

  /// A copy of what a VM gives.
  ///
  /// - Parameter name: what it is.
  init(_ bytes: fpvm_bytes, named name: String) throws(ForeignError) {
    guard let copy = [UInt8](foreign: bytes.bytes, count: bytes.count) else {
      throw .impossible(name, bytes.bytes == nil, bytes.count)
    }
    self = copy
  }
}

/// Copies of texts that a VM gives.
///
/// Safety: as of bytes.
extension String {
  /// The text without control characters, which a terminal would obey.
  var printable: String {
    guard unicodeScalars.contains(where: Self.isControl) else { return self }
    return String(
      String.UnicodeScalarView(unicodeScalars.map { Self.isControl($0) ? "\u{FFFD}" : $0 }))
  }

  /// The same of a name, which has no line breaks either.
  package var printableName: String {
    String(printable.map { $0.isNewline ? "\u{FFFD}" : $0 })
  }

  private static func isControl(_ character: Unicode.Scalar) -> Bool {
    character.properties.generalCategory == .control && character != "\n"
  }

  /// A copy of a text that a VM gives.
  init(_ text: fpvm_text, named name: String) throws(ForeignError) {
    guard text.count > 0 else {
      self = ""
      return
    }
    guard text.text != nil, text.count <= UInt64(FPVM_TEXT_MAX) else {
      throw .impossible(name, text.text == nil, text.count)
    }
    let bytes = UnsafeRawBufferPointer(start: text.text, count: Int(text.count))
    guard let copy = String(validating: bytes, as: UTF8.self) else {
      throw ForeignError(FPVM_INTERNAL, "\(name) of the VM is not UTF-8")
    }
    self = copy
  }
}

extension ForeignError {
  static let stopWithoutWish = ForeignError(
    FPVM_INTERNAL, "the VM says that a callback stopped it, and none did")

  fileprivate static func impossible(_ name: String, _ isNull: Bool, _ count: UInt64) -> Self {
    ForeignError(FPVM_INTERNAL, "\(name) of the VM is \(count) bytes\(isNull ? " at NULL" : "")")
  }
}
