import CISAL

/// ISA-L's inflater with a safe interface.
///
/// Safety: the state is allocated here with the size that the C header gives, is
/// initialized before use and freed once; the pointers to input and output that it
/// holds during a call are bounded by the buffers' counts and cleared before the call returns. The
/// state has no pointer into itself.
final class InflateState {
  enum Format {
    /// Deflate data and a gzip trailer, whose checksum and length are verified.
    case gzipBody
    /// Deflate data alone (RFC 1951).
    case deflate
  }

  struct Progress {
    /// The bytes of the input that the stream used. When a `deflate` stream ends it may be
    /// negative: bytes of an earlier call, read ahead, turn out to lie behind the stream. A gzip
    /// trailer is as long as what ISA-L reads ahead, so a `gzipBody` gives nothing back.
    var consumed: Int
    var produced: Int
    /// Whether the stream, its trailer included, is done.
    var isFinished: Bool
    /// What ISA-L returned; negative for an error.
    var code: Int32
  }

  /// ISA-L counts in 32 bits.
  private static let largestCall = 1 << 30

  private let state: UnsafeMutablePointer<inflate_state>

  init(_ format: Format) {
    state = .allocate(capacity: 1)
    isal_inflate_init(state)
    reset(format)
  }

  deinit { state.deallocate() }

  /// Prepares for a new stream.
  func reset(_ format: Format) {
    isal_inflate_reset(state)
    state.pointee.crc_flag =
      switch format {
      case .gzipBody: UInt32(ISAL_GZIP_NO_HDR_VER)
      case .deflate: UInt32(ISAL_DEFLATE)
      }
  }

  /// Inflates as much as `input` and `output` allow.
  func inflate(
    from input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Progress {
    let inputCount = min(input.count, Self.largestCall)
    let outputCount = min(output.count, Self.largestCall)
    // ISA-L reads through `next_in` only; its type lacks the const.
    state.pointee.next_in = UnsafeMutableRawPointer(mutating: input.baseAddress)?
      .assumingMemoryBound(to: UInt8.self)
    state.pointee.avail_in = UInt32(inputCount)
    state.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    state.pointee.avail_out = UInt32(outputCount)
    defer {
      state.pointee.next_in = nil
      state.pointee.next_out = nil
    }
    let code = isal_inflate(state)
    // After an error the counts mean nothing.
    if code < 0 { return Progress(consumed: 0, produced: 0, isFinished: false, code: code) }
    let isFinished = state.pointee.block_state == ISAL_BLOCK_FINISH
    let readAhead = isFinished ? Int(state.pointee.read_in_length) / 8 : 0
    return Progress(
      consumed: inputCount - Int(state.pointee.avail_in) - readAhead,
      produced: outputCount - Int(state.pointee.avail_out),
      isFinished: isFinished,
      code: code)
  }
}

extension StreamError {
  /// The error behind a negative code of ISA-L's inflater.
  init(inflateCode code: Int32, format: String, path: String?, offset: UInt64?) {
    let remedy = "the file is corrupt; make or fetch it again"
    switch code {
    case ISAL_INCORRECT_CHECKSUM:
      self.init(
        .checksum, path: path, offset: offset,
        message: "the \(format) checksum or length does not match the data", remedy: remedy)
    case ISAL_INVALID_WRAPPER:
      self.init(
        .corrupt, path: path, offset: offset, message: "not a \(format) header", remedy: remedy)
    case ISAL_UNSUPPORTED_METHOD:
      self.init(
        .unsupported, path: path, offset: offset,
        message: "the \(format) header names a method other than deflate", remedy: remedy)
    default:
      self.init(
        .corrupt, path: path, offset: offset, message: "corrupt \(format) data", remedy: remedy)
    }
  }
}
