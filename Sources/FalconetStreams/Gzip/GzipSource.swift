/// Decompresses gzip (RFC 1952) while it is read.
///
/// Members that follow one another are joined, as `gzip -d` does. The checksum and the length of
/// each member are verified when its end is reached. Memory is bounded whatever the data expands
/// to.
package final class GzipSource: ByteSource {
  package var name: String { input.name }

  private enum Stage {
    case header
    case body
    case betweenMembers
    case end
  }

  private let input: ByteReader
  private let state = InflateState(.gzipBody)
  private var stage = Stage.header
  private var failure: StreamError?

  /// Whether `prefix`, the first bytes of a file, begins as gzip does; two bytes are enough.
  package static func looksLikeGzip(prefix: [UInt8]) -> Bool {
    prefix.starts(with: GzipHeader.magic)
  }

  /// A source of the decompressed bytes of `source`.
  package init(over source: any ByteSource) {
    input = ByteReader(source)
  }

  /// Reads decompressed bytes.
  /// - Throws: `.truncated`, `.corrupt`, `.checksum`, `.unsupported`, `.trailingData` if bytes
  ///   that are no gzip follow a member, and what the source throws. Offsets are those of the
  ///   compressed bytes. An error is thrown again by each later call.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    if let failure { throw failure }
    guard buffer.count > 0 else { return 0 }
    do throws(StreamError) {
      while true {
        switch stage {
        case .header:
          try GzipHeader.skip(from: input)
          state.reset(.gzipBody)
          stage = .body
        case .body:
          let count = try inflate(into: buffer)
          if count > 0 { return count }
        case .betweenMembers:
          try lookForMember()
        case .end:
          return 0
        }
      }
    } catch {
      failure = error
      throw error
    }
  }

  /// Inflates once, after getting more input if there is none.
  private func inflate(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    let hadInput = !input.buffered.isEmpty
    let progress = state.inflate(from: input.buffered, into: buffer)
    let isStuck = hadInput && progress.consumed == 0 && progress.produced == 0
    if progress.code < 0 || progress.consumed < 0 || (isStuck && !progress.isFinished) {
      throw StreamError(
        inflateCode: progress.code, format: "gzip", path: name, offset: input.position)
    }
    input.consume(progress.consumed)
    if progress.isFinished {
      stage = .betweenMembers
    } else if progress.produced == 0, try input.isAtEnd() {
      throw StreamError(
        .truncated, path: name, offset: input.position,
        message: "the gzip data ends before its checksum",
        remedy: "the file is cut short; make or fetch it again")
    }
    return progress.produced
  }

  private func lookForMember() throws(StreamError) {
    if try input.isAtEnd() {
      stage = .end
      return
    }
    let prefix = try input.peek(upTo: GzipHeader.magic.count)
    guard GzipHeader.magic.starts(with: prefix) else {
      throw StreamError(
        .trailingData, path: name, offset: input.position,
        message: "data that is not gzip follows the gzip data",
        remedy: "the file is corrupt, or something was appended to it")
    }
    stage = .header
  }
}
