/// Decompresses zstd (RFC 8878) while it is read.
///
/// Frames that follow one another are joined and skippable frames skipped. Content checksums are
/// verified where frames have them. Memory is bounded by the window limit.
package final class ZstdSource: ByteSource {
  /// 128 MiB, the largest window that `zstd` decompresses without being told to.
  package static let defaultWindowLog: Int32 = 27

  package var name: String { input.name }

  private let input: ByteReader
  private let context: ZstdDecompressionContext
  private var isInFrame = false
  private var hasFrame = false
  private var failure: StreamError?

  /// Whether `prefix`, the first bytes of a file, begins as a zstd frame does; four bytes are
  /// enough.
  package static func looksLikeZstd(prefix: [UInt8]) -> Bool {
    prefix.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
  }

  /// A source of the decompressed bytes of `source`.
  /// - Parameter windowLog: Frames with windows above 2^`windowLog` bytes are refused.
  package init(
    over source: any ByteSource, windowLog: Int32 = ZstdSource.defaultWindowLog
  ) throws(StreamError) {
    input = ByteReader(source)
    do throws(StreamError) {
      context = try ZstdDecompressionContext(windowLog: windowLog)
    } catch {
      throw error.named(source.name)
    }
  }

  /// Reads decompressed bytes.
  /// - Throws: `.truncated`, `.corrupt`, `.checksum`, `.unsupported`, `.tooLarge` (window),
  ///   `.trailingData` where bytes that are no frame follow one, and what the source throws.
  ///   Offsets are those of the compressed bytes. An error is thrown again by each later call.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    if let failure { throw failure }
    guard buffer.count > 0 else { return 0 }
    do throws(StreamError) {
      while true {
        if !isInFrame, try input.isAtEnd() {
          if hasFrame { return 0 }
          throw truncated
        }
        let count = try decompress(into: buffer)
        if count > 0 { return count }
      }
    } catch {
      failure = error.named(name)
      throw error.named(name)
    }
  }

  private func decompress(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    if !isInFrame { try lookForFrame() }
    let progress = try context.decompress(
      from: input.buffered, into: buffer, offset: input.position)
    input.consume(progress.consumed)
    isInFrame = progress.rest != 0
    if !isInFrame { hasFrame = true }
    if isInFrame, progress.produced == 0, try input.isAtEnd() { throw truncated }
    return progress.produced
  }

  /// Tells data that was appended from a damaged frame, and keeps what is no frame of RFC 8878 from
  /// libzstd, which may have been built to read the formats before it.
  private func lookForFrame() throws(StreamError) {
    let prefix = try input.peek(upTo: 4)
    // 0x184D2A50 to 0x184D2A5F, little-endian, begin skippable frames.
    let isSkippable =
      prefix.count == 4 && prefix[0] & 0xF0 == 0x50 && prefix[1...] == [0x2A, 0x4D, 0x18]
    guard !isSkippable, !Self.looksLikeZstd(prefix: prefix), prefix.count == 4 else { return }
    if hasFrame {
      throw StreamError(
        .trailingData, offset: input.position,
        message: "data that is not zstd follows the zstd data",
        remedy: "the file is damaged, or something was appended to it")
    }
    throw StreamError(
      .corrupt, offset: input.position, message: "not a zstd frame",
      remedy: "the file is damaged or of another format")
  }

  private var truncated: StreamError {
    StreamError(
      .truncated, offset: input.position, message: "the zstd data ends within a frame",
      remedy: "the file is cut short; make or fetch it again")
  }
}
