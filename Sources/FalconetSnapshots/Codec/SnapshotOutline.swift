import FalconetMachine
import FalconetStreams
import Keccak

/// What is known of a snapshot before its first page.
package struct SnapshotOutline: Sendable, Equatable {
  /// The word size, which sets how many pages an address space has.
  package var wordSize: WordSize
  /// The state version. Nil if only what follows the pages tells it: the keys of a JSON file.
  package var version: StateVersion?
  /// How many pages follow. Nil if the format has no count.
  package var pageCount: UInt64?
  /// The claim that the file states, if its pages are not hashed: nobody verified it.
  package var unverifiedClaim: Bytes32?

  /// The outline of a snapshot of a known version.
  package init(version: StateVersion, pageCount: UInt64? = nil) {
    wordSize = version.wordSize
    self.version = version
    self.pageCount = pageCount
  }

  /// The outline of a snapshot whose version is told behind its pages.
  package init(wordSize: WordSize, pageCount: UInt64? = nil) {
    self.wordSize = wordSize
    self.pageCount = pageCount
  }

  /// The version and the number of pages, for a format that begins with them.
  ///
  /// - Parameter name: the file that is written, for the error.
  /// - Throws: `.unsupported` if either is not known.
  package func complete(
    for name: String
  ) throws(StreamError) -> (version: StateVersion, pageCount: UInt64) {
    guard let version, let pageCount else {
      let missing = version == nil ? "state version" : "number of pages"
      throw StreamError(
        .unsupported, path: name,
        message: "the \(missing) must be known before the first page is written",
        remedy: "convert the snapshot, which keeps the pages in a temporary file")
    }
    return (version, pageCount)
  }

  /// Compares the claim that the file states with the one of what it holds.
  ///
  /// - Throws: `.corrupt` if they differ; the file is then not what it says, or was changed.
  package func check(_ computed: Bytes32, name: String) throws(StreamError) {
    guard let unverifiedClaim, unverifiedClaim != computed else { return }
    throw StreamError(
      .corrupt, path: name,
      message:
        "the file states the claim \(unverifiedClaim), but its pages have the claim \(computed)",
      remedy: "make or fetch it again, and have its pages verified")
  }
}
