/// What is known of a page, in one byte that a store tests: a store to a page that is
/// ``directlyWritable`` needs nothing else, and any other goes through ``Memory/preparePage(_:)``.
struct PageFlags: OptionSet, Sendable {
  let rawValue: UInt8

  /// The page was written, or loaded from a snapshot.
  static let exists = PageFlags(rawValue: 1)
  /// Written, or made ready to be, since the Merkle tree was last brought up to date.
  static let changed = PageFlags(rawValue: 2)
  /// Instructions of the page are held decoded or translated.
  static let code = PageFlags(rawValue: 4)
  /// The page holds the word that `ll` reserved.
  static let reserved = PageFlags(rawValue: 8)
  /// A view of an earlier state needs the page's bytes as they are, or a history gets them before
  /// the next write.
  static let viewed = PageFlags(rawValue: 16)
  /// Stores to part of the page are noticed.
  static let watched = PageFlags(rawValue: 32)

  /// A page that a store writes without further steps.
  static let directlyWritable: PageFlags = [.exists, .changed]
  /// One that would be, if stores to part of it were not noticed.
  static let writableBesideWatches: PageFlags = [.exists, .changed, .watched]
}

/// Where a page's bytes and its flags are.
///
/// Safety: both pointers come from the ``Memory`` that hands the place out, are valid as long as
/// it lives, and stay inside it.
struct PagePlace {
  let bytes: UnsafeMutableRawPointer
  private let flagByte: UnsafeMutablePointer<UInt8>

  @inline(__always)
  init(bytes: UnsafeMutableRawPointer, flags: UnsafeMutablePointer<UInt8>) {
    self.bytes = bytes
    flagByte = flags
  }

  @inline(__always)
  var flags: PageFlags {
    get { PageFlags(rawValue: flagByte.pointee) }
    nonmutating set { flagByte.pointee = newValue.rawValue }
  }
}
