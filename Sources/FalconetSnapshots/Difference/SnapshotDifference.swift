import FalconetMachine

/// How two snapshots differ, in the terms of the machine.
package struct SnapshotDifference: Sendable {
  /// A field that differs, by its name.
  package struct FieldChange: Sendable, Equatable {
    package let name: String
    /// Nil where that side's version has no such field.
    package let left, right: FieldValue?
  }

  /// What a field holds.
  package enum FieldValue: Sendable, Equatable {
    case number(UInt64)
    /// An address, or a register's content.
    case address(UInt64)
    case bytes([UInt8])
  }

  /// A thread that differs, or that one side alone has.
  package struct ThreadChange: Sendable, Equatable {
    package let id: UInt64
    package let kind: Kind
    /// What differs, if both sides have the thread.
    package let fields: [FieldChange]
    /// Its pc on each side, if it has one.
    package let leftPC, rightPC: UInt64?
  }

  /// A page that differs, or that one side alone has.
  package struct PageChange: Sendable, Equatable {
    /// The page's address / 4096.
    package let index: UInt64
    package let kind: Kind
    /// The words that differ, in ascending order. A page that one side lacks counts as zeros.
    package let words: [WordChange]
  }

  /// A word of memory, 4 or 8 bytes as the left side's version has them.
  package struct WordChange: Sendable, Equatable {
    package let address, left, right: UInt64
  }

  /// Which sides have something.
  package enum Kind: String, Sendable {
    case changed
    case onlyLeft
    case onlyRight
  }

  package internal(set) var fields: [FieldChange] = []
  package internal(set) var threads: [ThreadChange] = []
  /// The pages with the lowest indices among those that differ, as many as were asked for.
  package internal(set) var pages: [PageChange] = []
  /// How many pages differ in all.
  package internal(set) var pageCount: UInt64 = 0
  /// How many words of these differ in all.
  package internal(set) var wordCount: UInt64 = 0

  /// Whether the two are the same state with the same memory.
  package var isEmpty: Bool { fields.isEmpty && threads.isEmpty && pageCount == 0 }
}
