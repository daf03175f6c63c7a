import FalconetMachine

/// Which store is used, and how.
package struct StoreOptions: Sendable {
  /// The directory.
  package var path: String
  /// Bytes that its file may have.
  package var limit: UInt64 = 10 << 30
  /// Types whose pre-images cannot be checked, and are served if the run's own host gave them.
  package var trusted: Set<PreimageKeyType> = []
  /// The name of the host that answers for such pre-images; nil if there is none.
  package var giver: String?
  /// Takes a sentence about what could not be read or written.
  package var report: @Sendable (String) -> Void = { _ in }

  package init(path: String) { self.path = path }
}
