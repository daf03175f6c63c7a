import FalconetStreams

/// Checks what a canonical file is written from: pages in ascending order, as many as announced.
struct PageSequence {
  private let name: String
  private let expected: UInt64?
  private var last: UInt64?
  private var count: UInt64 = 0

  /// - Parameters:
  ///   - name: the file that is written, for errors.
  ///   - expected: how many pages were announced, if a number was.
  init(of name: String, expecting expected: UInt64? = nil) {
    self.name = name
    self.expected = expected
  }

  /// Notes the next page.
  mutating func add(_ index: UInt64) throws(StreamError) {
    if let last, index <= last {
      throw StreamError(
        .unsupported, path: name,
        message: "page \(index) comes after page \(last), but pages are written in ascending order",
        remedy: "convert the snapshot, which sorts the pages")
    }
    last = index
    count &+= 1
  }

  /// Notes that no page follows.
  func finish() throws(StreamError) {
    guard let expected, expected != count else { return }
    throw StreamError(
      .corrupt, path: name, message: "\(expected) pages were announced, but there were \(count)")
  }
}
