/// What went wrong while bytes were read, written, compressed or parsed: what, where, and what to
/// do about it.
package struct StreamError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The class of an error, for callers that act on it.
  package enum Kind: Sendable, Equatable {
    /// The file, or the folder it is to be written in, does not exist.
    case notFound
    /// The user may not read, write or create the file.
    case permission
    /// The file system is mounted read-only.
    case readOnly
    /// The device or the user's quota is full.
    case noSpace
    /// A folder stands where a file is needed.
    case isDirectory
    /// The other end of a pipe or socket is gone.
    case brokenPipe
    /// Any other failure of a system call.
    case system(errno: Int32)
    /// The data ends too early.
    case truncated
    /// The data breaks the rules of its format.
    case corrupt
    /// The data does not match its checksum.
    case checksum
    /// Data follows where the end was expected.
    case trailingData
    /// The data is valid but uses a feature that is not implemented.
    case unsupported
    /// A length or number is above its limit.
    case tooLarge
    /// The text breaks the rules of JSON, or a value has another type than the one asked for.
    case syntax
    /// A ``Cancellation`` ended a wait.
    case interrupted
  }

  /// What the caller has not said, and could say to get further.
  package enum Missing: Sendable, Equatable {
    /// The base of a delta.
    case base
    /// Which format a file has.
    case format
    /// A snapshot, in place of the program that one can be made of.
    case prestate
  }

  /// The class of the error.
  package var kind: Kind
  /// A file name, "standard input" or "standard output"; nil if the bytes have no name.
  package var path: String?
  /// Where it happened, in bytes from the start of the stream that the failing layer reads or
  /// writes: the compressed bytes for gzip and zstd framing, the decompressed ones for what is
  /// read out of them.
  package var offset: UInt64?
  /// What is wrong, without place and remedy.
  package var message: String
  /// What the user can do; empty if nothing sensible can be said.
  package var remedy: String
  /// What the remedy asks for, if the caller can give it.
  package var missing: Missing?

  /// An error of the given parts.
  package init(
    _ kind: Kind, path: String? = nil, offset: UInt64? = nil, message: String, remedy: String = "",
    missing: Missing? = nil
  ) {
    self.kind = kind
    self.path = path
    self.offset = offset
    self.message = message
    self.remedy = remedy
    self.missing = missing
  }

  /// `PATH: MESSAGE at byte N: REMEDY`, without the parts that are not known.
  package var description: String {
    var text = path.map { "\($0): " } ?? ""
    text += message
    if let offset { text += " at byte \(offset)" }
    if !remedy.isEmpty { text += ": \(remedy)" }
    return text
  }

  /// Whether the bytes that were read are at fault. If not, the system failed, and nothing is known of
  /// what they would have been.
  package var isOfContent: Bool {
    switch kind {
    case .truncated, .corrupt, .checksum, .trailingData, .unsupported, .tooLarge, .syntax: true
    case .notFound, .permission, .readOnly, .noSpace, .isDirectory, .brokenPipe, .system,
      .interrupted:
      false
    }
  }

  /// The same error with `path` filled in if it was not known.
  package func named(_ name: String) -> StreamError {
    var copy = self
    if copy.path == nil { copy.path = name }
    return copy
  }
}
