/// A field of a ``Layout``. Its row says all that is said of it.
///
/// The order of an enumeration's cases is the order of the fields in every layout.
package protocol LayoutField: Sendable, Hashable, CaseIterable {
  var row: FieldRow { get }
}

extension LayoutField {
  /// What the field holds, and how it is encoded.
  package var form: FieldForm { row.form }

  /// The name that `inspect`, `diff` and errors give it.
  package var name: String { row.name }

  /// Bytes that the field takes; 0 if they vary.
  package func byteCount(in version: StateVersion) -> Int { form.byteCount(in: version) }
}

/// A row of a table of fields.
package struct FieldRow: Sendable {
  package let name: String
  package let form: FieldForm
  /// The encodings that have the field.
  package let encodings: FieldEncodings
  /// What a version must have for the field to exist.
  package let requirement: FieldRequirement
  /// Where the field is in Cannon's JSON: a key, or a key of the object `cpu` after `cpu.`; nil if it
  /// is not there.
  package let json: String?

  init(
    _ name: String, _ form: FieldForm, in encodings: FieldEncodings = [.witness, .snapshot],
    if requirement: FieldRequirement = .nothing, json: String? = nil
  ) {
    self.name = name
    self.form = form
    self.encodings = encodings
    self.requirement = requirement
    self.json = json
  }
}

/// Encodings of a state or of a thread.
package struct FieldEncodings: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let witness = Self(rawValue: 1)
  package static let snapshot = Self(rawValue: 2)
}

/// What a field holds, and how it is encoded: all integers big-endian.
package enum FieldForm: Sendable, Equatable {
  case number(FieldWidth)
  /// An address, or another number that people read in hexadecimal.
  case address(FieldWidth)
  /// One byte, 0 or 1.
  case boolean
  /// 32 bytes.
  case hash(HashField)
  /// The root of the memory.
  case memoryRoot
  /// The root of a thread stack.
  case stackRoot(StackSide)
  /// The 32 general registers.
  case registers
  /// A count of threads and the threads, bottom first.
  case stack(StackSide)
  /// The bytes of an unfinished hint, behind their count.
  case hint

  /// Bytes that the field takes; 0 if they vary.
  package func byteCount(in version: StateVersion) -> Int {
    switch self {
    case .number(let width), .address(let width): width.byteCount(in: version)
    case .boolean: 1
    case .hash, .memoryRoot, .stackRoot: 32
    case .registers: 32 * version.wordSize.bytes
    case .stack, .hint: 0
    }
  }
}

/// Bytes of a numeric field.
package enum FieldWidth: Sendable {
  /// 1 byte.
  case byte
  /// 8 bytes.
  case double
  /// The version's word.
  case word
  /// As many bytes as a futex wait compares.
  case futex

  func byteCount(in version: StateVersion) -> Int {
    switch self {
    case .byte: 1
    case .double: 8
    case .word: version.wordSize.bytes
    case .futex: version.futexBytes
    }
  }
}
