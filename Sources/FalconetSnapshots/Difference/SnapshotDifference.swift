import FalconetMachine

/// How two snapshots differ, in the terms of the machine.
public struct SnapshotDifference: Sendable {
  /// A field that differs, by its name.
  public struct FieldChange: Sendable, Equatable {
    public let name: String
    /// Nil where that side's version has no such field.
    public let left, right: FieldValue?
  }

  /// What a field holds.
  public enum FieldValue: Sendable, Equatable {
    case number(UInt64)
    /// An address, or a register's content.
    case address(UInt64)
    case bytes([UInt8])
  }

  /// A thread that differs, or that one side alone has.
  public struct ThreadChange: Sendable, Equatable {
    public let id: UInt64
    public let kind: Kind
    /// What differs, where both sides have the thread.
    public let fields: [FieldChange]
    /// Its pc on each side, where it has one.
    public let leftPC, rightPC: UInt64?
  }

  /// A page that differs, or that one side alone has.
  public struct PageChange: Sendable, Equatable {
    /// The page's address / 4096.
    public let index: UInt64
    public let kind: Kind
    /// The words that differ, in ascending order. A page that one side lacks counts as zeros.
    public let words: [WordChange]
  }

  /// A word of memory, 4 or 8 bytes as the left side's version has them.
  public struct WordChange: Sendable, Equatable {
    public let address, left, right: UInt64
  }

  /// Which sides have something.
  public enum Kind: String, Sendable {
    case changed
    case onlyLeft
    case onlyRight
  }

  public internal(set) var fields: [FieldChange] = []
  public internal(set) var threads: [ThreadChange] = []
  /// The pages with the lowest indices among those that differ, as many as were asked for.
  public internal(set) var pages: [PageChange] = []
  /// How many pages differ in all.
  public internal(set) var pageCount: UInt64 = 0
  /// How many words of these differ in all.
  public internal(set) var wordCount: UInt64 = 0

  /// Whether the two are the same state with the same memory.
  public var isEmpty: Bool { fields.isEmpty && threads.isEmpty && pageCount == 0 }
}
