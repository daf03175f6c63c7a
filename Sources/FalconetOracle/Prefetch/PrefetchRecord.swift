/// What was fetched ahead by a plan so far.
package struct PrefetchRecord: Sendable, Equatable {
  /// Pre-images that the plan names and that were not there when it began.
  package var planned: UInt64 = 0
  /// Pre-images that its hosts gave, and their bytes.
  package var fetched: UInt64 = 0
  package var bytes: UInt64 = 0
  /// Those that the run asked for later.
  package var used: UInt64 = 0
  /// Requests that its hosts did not answer.
  package var failed: UInt64 = 0
  /// Hosts that are at work.
  package var hosts: UInt64 = 0

  package init() {}
}
