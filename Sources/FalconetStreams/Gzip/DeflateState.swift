import CISAL

/// ISA-L's deflater at its level 1 with a safe interface.
///
/// Safety: as `InflateState`; the level buffer lives as long as the state that
/// points to it.
final class DeflateState {
  enum Format {
    case gzip
    case zlib
  }

  struct Progress {
    var consumed: Int
    var produced: Int
    /// Whether the stream, its trailer included, is written out.
    var isFinished: Bool
    /// What ISA-L returned; 0 for success.
    var code: Int32
  }

  private static let largestCall = 1 << 30
  /// ISAL_DEF_LVL1_DEFAULT of igzip_lib.h, a macro that Swift does not import: 4 KiB, twice the
  /// 8 Ki entries of the hash table, and tokens of 4 bytes for 64 KiB.
  private static let levelBufferSize = (4 << 10) + 2 * (8 << 10) + 4 * (64 << 10)

  private let stream: UnsafeMutablePointer<isal_zstream>
  private let levelBuffer: UnsafeMutablePointer<UInt8>
  private let format: Format

  init(_ format: Format) {
    self.format = format
    // The hash table in the state is fastest on its own cache lines.
    stream = UnsafeMutableRawPointer.allocate(
      byteCount: MemoryLayout<isal_zstream>.size, alignment: 64
    ).bindMemory(to: isal_zstream.self, capacity: 1)
    levelBuffer = .allocate(capacity: Self.levelBufferSize)
    levelBuffer.initialize(repeating: 0, count: Self.levelBufferSize)
    isal_deflate_init(stream)
    reset()
  }

  deinit {
    levelBuffer.deallocate()
    UnsafeMutableRawPointer(stream).deallocate()
  }

  /// Prepares for a new stream.
  func reset() {
    isal_deflate_reset(stream)
    stream.pointee.level = 1
    stream.pointee.level_buf = levelBuffer
    stream.pointee.level_buf_size = UInt32(Self.levelBufferSize)
    stream.pointee.flush = UInt16(NO_FLUSH)
    stream.pointee.end_of_stream = 0
    stream.pointee.gzip_flag =
      switch format {
      case .gzip: UInt16(IGZIP_GZIP)
      case .zlib: UInt16(IGZIP_ZLIB)
      }
  }

  /// Compresses as much as `input` and `output` allow; with `isLast`, `input` ends the stream.
  func deflate(
    from input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, isLast: Bool
  ) -> Progress {
    let inputCount = min(input.count, Self.largestCall)
    let outputCount = min(output.count, Self.largestCall)
    // ISA-L reads through `next_in` only; its type lacks the const.
    stream.pointee.next_in = UnsafeMutableRawPointer(mutating: input.baseAddress)?
      .assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(inputCount)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(outputCount)
    stream.pointee.end_of_stream = isLast && inputCount == input.count ? 1 : 0
    defer {
      stream.pointee.next_in = nil
      stream.pointee.next_out = nil
    }
    let code = isal_deflate(stream)
    return Progress(
      consumed: inputCount - Int(stream.pointee.avail_in),
      produced: outputCount - Int(stream.pointee.avail_out),
      isFinished: stream.pointee.internal_state.state == ZSTATE_END,
      code: code)
  }
}
