import CZstd

/// libzstd's compressor with a safe interface.
///
/// Safety: libzstd makes and frees the context, and the buffers that a call gets
/// are bounded by their counts and not kept after it.
final class ZstdCompressionContext {
  private let context: OpaquePointer

  /// A context for `level`, cut to what the library offers, with or without content checksum.
  init(level: Int32, checksum: Bool) throws(StreamError) {
    guard let context = ZSTD_createCCtx() else { throw StreamError.zstdMemory }
    self.context = context
    ZSTD_CCtx_setParameter(
      context, ZSTD_c_compressionLevel, min(max(level, ZSTD_minCLevel()), ZSTD_maxCLevel()))
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0)
  }

  deinit { ZSTD_freeCCtx(context) }

  /// Compresses a part of a stream.
  /// - Returns: What was consumed and produced; `rest` is 0 if everything that was asked for is
  ///   in `output`.
  func compress(
    from input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, isLast: Bool
  ) throws(StreamError) -> (consumed: Int, produced: Int, rest: Int) {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let rest = ZSTD_compressStream2(
      context, &target, &source, isLast ? ZSTD_e_end : ZSTD_e_continue)
    try StreamError.checkZstd(rest, offset: nil)
    return (source.pos, target.pos, rest)
  }

  /// Compresses `input` to one frame, which has its content size in its header.
  func compressFrame(_ input: UnsafeRawBufferPointer) throws(StreamError) -> [UInt8] {
    let bound = ZSTD_compressBound(input.count)
    try StreamError.checkZstd(bound, offset: nil)
    var code = 0
    let frame = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      code = ZSTD_compress2(context, buffer.baseAddress, bound, input.baseAddress, input.count)
      count = ZSTD_isError(code) == 0 ? code : 0
    }
    try StreamError.checkZstd(code, offset: nil)
    return frame
  }
}

/// libzstd's decompressor with a safe interface.
///
/// Safety: as `ZstdCompressionContext`.
final class ZstdDecompressionContext {
  private let context: OpaquePointer

  /// A context that refuses frames with windows above 2^`windowLog` bytes.
  init(windowLog: Int32) throws(StreamError) {
    guard let context = ZSTD_createDCtx() else { throw StreamError.zstdMemory }
    self.context = context
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, windowLog)
  }

  deinit { ZSTD_freeDCtx(context) }

  /// Bytes of the largest frame header.
  static let maximumHeaderSize = 18

  /// The size of a frame's content as its header says it; nil if it does not, or is cut short.
  static func contentSize(header: [UInt8]) -> UInt64? {
    let size = ZSTD_getFrameContentSize(header, header.count)
    // What stands for an unknown size, and for an error.
    return size >= .max - 1 ? nil : size
  }

  /// Decompresses a part of a stream whose input begins at `offset`.
  /// - Returns: What was consumed and produced; `rest` is 0 if a frame is complete.
  func decompress(
    from input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer,
    offset: UInt64
  ) throws(StreamError) -> (consumed: Int, produced: Int, rest: Int) {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let rest = ZSTD_decompressStream(context, &target, &source)
    // A stream takes what there is: more than expected is more than the frame's header says.
    try StreamError.checkZstd(rest, offset: offset &+ UInt64(source.pos), tooMuch: .corrupt)
    return (source.pos, target.pos, rest)
  }

  /// Decompresses whole frames.
  /// - Returns: The number of bytes produced.
  func decompressFrames(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(StreamError) -> Int {
    let count = ZSTD_decompressDCtx(
      context, output.baseAddress, output.count, input.baseAddress, input.count)
    try StreamError.checkZstd(count, offset: nil)
    return count
  }
}

extension StreamError {
  static var zstdMemory: StreamError {
    StreamError(.system(errno: 12), message: "not enough memory for zstd")
  }

  /// Throws the error that libzstd's result `code` stands for, if it is one.
  ///
  /// Numbers are those of zstd_errors.h, which its authors keep stable below 100; results are
  /// their negatives.
  ///
  /// - Parameter tooMuch: the kind of error if more bytes come out than expected.
  static func checkZstd(
    _ code: Int, offset: UInt64?, tooMuch: Kind = .tooLarge
  ) throws(StreamError) {
    guard ZSTD_isError(code) != 0 else { return }
    let remedy = "the file is corrupt; make or fetch it again"
    switch 0 &- code {
    case 10:  // prefix_unknown
      throw StreamError(.corrupt, offset: offset, message: "not a zstd frame", remedy: remedy)
    case 12, 14, 32:  // version_unsupported, frameParameter_unsupported, dictionary_wrong
      throw StreamError(
        .unsupported, offset: offset, message: "the zstd frame uses an unknown feature")
    case 16:  // frameParameter_windowTooLarge
      throw StreamError(
        .tooLarge, offset: offset, message: "the zstd frame needs too large a window",
        remedy: "compress the file with a smaller window")
    case 22:  // checksum_wrong
      throw StreamError(
        .checksum, offset: offset, message: "the zstd checksum does not match the data",
        remedy: remedy)
    case 64:  // memory_allocation
      throw zstdMemory
    case 70:  // dstSize_tooSmall
      throw StreamError(
        tooMuch, offset: offset, message: "the zstd data holds more bytes than expected",
        remedy: remedy)
    case 72:  // srcSize_wrong
      throw StreamError(
        .truncated, offset: offset, message: "the zstd data ends early", remedy: remedy)
    default:
      throw StreamError(.corrupt, offset: offset, message: "corrupt zstd data", remedy: remedy)
    }
  }
}
