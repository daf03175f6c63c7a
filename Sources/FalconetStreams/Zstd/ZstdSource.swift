/// Decompresses zstd (RFC 8878) while it is read.
///
/// Frames that follow one another are joined and skippable frames skipped. Content checksums are
/// verified if frames have them. Memory is bounded by the window limit.
package final class ZstdSource: ByteSource {
  /// 128 MiB, the largest window that `zstd` decompresses without being told to.
  package static let defaultWindowLog: Int32 = 27

  /// Bytes that are less than any frame has.
  private static let startSize = 5

  package var name: String { input.name }

  private let input: ByteReader
  private let context: ZstdDecompressionContext
  private var isInFrame = false
  /// Bytes that the frame must still give, if its header says how many.
  private var contentLeft: UInt64?
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
  ///   `.trailingData` if bytes that are no frame follow one, and what the source throws.
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
    // Given a whole frame at once, libzstd decompresses it by other code, which finds other faults. How
    // much is buffered must not decide, so a frame's start comes alone.
    let part = isInFrame ? input.buffered : .init(rebasing: input.buffered.prefix(Self.startSize))
    let progress = try context.decompress(from: part, into: buffer, offset: input.position)
    input.consume(progress.consumed)
    isInFrame = progress.rest != 0
    contentLeft? &-= UInt64(progress.produced)
    if !isInFrame {
      // libzstd does not see to it if the last block is empty.
      guard contentLeft ?? 0 == 0 else {
        throw StreamError(
          .corrupt, offset: input.position,
          message: "the zstd frame does not hold as many bytes as its header says",
          remedy: "the file is corrupt; make or fetch it again")
      }
      hasFrame = true
    }
    if isInFrame, progress.produced == 0, try input.isAtEnd() { throw truncated }
    return progress.produced
  }

  /// Tells data that was appended from a corrupt frame, and keeps what is no frame of RFC 8878 from
  /// libzstd, which may have been built to read the formats before it.
  private func lookForFrame() throws(StreamError) {
    let header = try input.peek(upTo: ZstdDecompressionContext.maximumHeaderSize)
    let prefix = Array(header.prefix(4))
    contentLeft = ZstdDecompressionContext.contentSize(header: Array(header))
    // 0x184D2A50 to 0x184D2A5F, little-endian, begin skippable frames.
    let isSkippable =
      prefix.count == 4 && prefix[0] & 0xF0 == 0x50 && prefix[1...] == [0x2A, 0x4D, 0x18]
    guard !isSkippable, !Self.looksLikeZstd(prefix: prefix), prefix.count == 4 else { return }
    if hasFrame {
      throw StreamError(
        .trailingData, offset: input.position,
        message: "data that is not zstd follows the zstd data",
        remedy: "the file is corrupt, or something was appended to it")
    }
    throw StreamError(
      .corrupt, offset: input.position, message: "not a zstd frame",
      remedy: "the file is corrupt or of another format")
  }

  private var truncated: StreamError {
    StreamError(
      .truncated, offset: input.position, message: "the zstd data ends within a frame",
      remedy: "the file is cut short; make or fetch it again")
  }
}
