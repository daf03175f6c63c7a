/// A named range of a program's addresses: a function or a variable.
public struct Symbol: Sendable, Equatable {
  public var name: String
  /// Its first address.
  public var start: UInt64
  /// Its length in bytes; 0 where the linker does not know it.
  public var size: UInt64

  public init(name: String, start: UInt64, size: UInt64) {
    self.name = name
    self.start = start
    self.size = size
  }
}
