import FalconetStreams

/// Passes on at most so many bytes, so that a small compressed file can't become endless data.
final class BoundedSource: ByteSource {
  private let source: any ByteSource
  private let limit: UInt64
  private var left: UInt64

  var name: String { source.name }

  init(_ source: any ByteSource, limit: UInt64) {
    self.source = source
    self.limit = limit
    left = limit
  }

  /// Lets pass as many bytes again as at the start.
  func renew() { left = limit }

  /// Lets so many bytes more pass.
  func extend(by count: UInt64) { left += count }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    guard left > 0 else {
      throw StreamError(
        .tooLarge, path: name,
        message: "a proof takes more than \(limit) bytes of JSON besides its pre-image",
        remedy: "the file is corrupt or of another format")
    }
    let size = Int(min(UInt64(buffer.count), left))
    let count = try unsafe source.read(
      into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<size]))
    left -= UInt64(count)
    return count
  }
}
