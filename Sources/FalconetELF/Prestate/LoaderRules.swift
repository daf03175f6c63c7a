import FalconetMachine

/// How the canonical release of a state version loads a program, where releases differ.
struct LoaderRules: Equatable {
  /// The address right behind a segment must be within bounds too.
  var boundsIncludeEnd = false
  /// A segment that takes no memory is checked and written like any other.
  var keepsEmptySegments = false
  /// A write creates the page of the address right behind it as well.
  var createsPageBehind = false
  /// Functions of the Go runtime that a single thread can't run are made to return at once.
  var patchesGo = false

  init(_ version: StateVersion) {
    patchesGo = version.isSingleThreaded
    if version == .v0 {
      boundsIncludeEnd = true
      keepsEmptySegments = true
      createsPageBehind = true
    }
  }
}
