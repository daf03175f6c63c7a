/// A named range of a program's addresses: a function or a variable.
package struct Symbol: Sendable, Equatable {
  package var name: String
  /// Its first address.
  package var start: UInt64
  /// Its length in bytes; 0 if the linker does not know it.
  package var size: UInt64

  package init(name: String, start: UInt64, size: UInt64) {
    self.name = name
    self.start = start
    self.size = size
  }
}
