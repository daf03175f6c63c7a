import FalconetMachine
import FalconetStreams

/// How a `.fsnap` file is written.
package struct FsnapOptions: Sendable {
  /// Of a delta, what it is written against; nil writes a full image.
  package var base: FsnapBase?
  /// The level of compression, 1 to 22. Each above 1 costs much time and saves few bytes.
  package var level: Int32 = FsnapFormat.defaultLevel
  /// Pages of a block, 1 to 128: fewer make the fetch of one page faster and the file larger.
  package var pagesPerBlock: Int = FsnapFormat.defaultPagesPerBlock {
    didSet { pagesPerBlock = min(max(pagesPerBlock, 1), FsnapFormat.maximumPagesPerBlock) }
  }

  /// Where ``FsnapEncoder`` makes its temporary file; nil is the environment's `TMPDIR`, or `/tmp`.
  package var temporaryFolder: String?

  /// The options of a full image, or of a delta against `base`.
  package init(base: FsnapBase? = nil) { self.base = base }

  /// Checks that the base can be one for a state of this version.
  func check(_ version: StateVersion, name: String) throws(StreamError) {
    guard let base else { return }
    guard base.name.version == version else {
      throw StreamError(
        .unsupported, path: name,
        message: "a delta of state version \(version.rawValue) cannot be written against a base of"
          + " version \(base.name.version.rawValue)",
        remedy: "write a full image")
    }
    guard base.canBeBase else {
      throw StreamError(
        .unsupported, path: name,
        message: "the chain would have more than \(FsnapFormat.maximumDepth) deltas",
        remedy: "squash the base or write a full image")
    }
  }
}
