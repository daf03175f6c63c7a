/// How the canonical release of a state version loads a program, where releases differ.
public struct LoaderRules: Sendable, Equatable {
  /// The address right behind a segment must be within bounds too.
  public var boundsIncludeEnd = false
  /// A segment that takes no memory is checked and written like any other.
  public var keepsEmptySegments = false
  /// A write creates the page of the address right behind it as well.
  public var createsPageBehind = false

  /// What the first release did.
  static let first = LoaderRules(
    boundsIncludeEnd: true, keepsEmptySegments: true, createsPageBehind: true)
}
