import CISAL

/// Inflates zlib streams (RFC 1950) of a known size, one after another, with one state.
///
/// ```swift
/// let inflater = ZlibInflate()
/// let page = try inflater.inflate(compressed, count: 4096)
/// ```
///
/// Safety: ISA-L reads `bytes.count` bytes for a checksum and keeps no pointer.
package final class ZlibInflate {
  private static let headerSize = 2
  private static let trailerSize = 4

  private let state = InflateState(.deflate)

  /// An inflater; it holds about 90 KiB.
  package init() {}

  /// Inflates `stream`, a whole zlib stream, which must fill `output` exactly. The Adler-32
  /// checksum is verified.
  /// - Throws: `.truncated`, `.corrupt`, `.checksum`, `.unsupported` (preset dictionary),
  ///   `.tooLarge` if more than `output.count` bytes come out, `.trailingData` if bytes
  ///   follow the stream. Offsets are those in `stream`.
  package func inflate(
    _ stream: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(StreamError) {
    guard stream.count >= Self.headerSize + Self.trailerSize else { throw truncated(stream) }
    try Self.checkHeader(stream[0], stream[1])
    let bodyEnd = stream.count - Self.trailerSize
    try inflateBody(UnsafeRawBufferPointer(rebasing: stream[Self.headerSize..<bodyEnd]), output)
    let trailer = stream.loadUnaligned(fromByteOffset: bodyEnd, as: UInt32.self)
    guard UInt32(bigEndian: trailer) == Self.adler32(UnsafeRawBufferPointer(output)) else {
      throw StreamError(
        .checksum, offset: UInt64(bodyEnd), message: "the zlib checksum does not match the data")
    }
  }

  /// Inflates `body`, deflate data that must end with it and fill `output`.
  private func inflateBody(
    _ body: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
  ) throws(StreamError) {
    state.reset(.deflate)
    var consumed = 0
    var produced = 0
    var overflow: UInt8 = 0
    while true {
      let input = UnsafeRawBufferPointer(rebasing: body[consumed...])
      // With the output full, one byte of room tells whether there is more.
      let isFull = produced == output.count
      let progress =
        isFull
        ? withUnsafeMutableBytes(of: &overflow) { state.inflate(from: input, into: $0) }
        : state.inflate(
          from: input, into: UnsafeMutableRawBufferPointer(rebasing: output[produced...]))
      consumed += progress.consumed
      if progress.code < 0 {
        throw StreamError(
          inflateCode: progress.code, format: "zlib", path: nil,
          offset: UInt64(consumed + Self.headerSize))
      }
      if isFull, progress.produced > 0 {
        throw StreamError(
          .tooLarge, message: "the zlib data holds more than \(output.count) bytes")
      }
      produced += progress.produced
      if progress.isFinished { break }
      if progress.produced == 0, progress.consumed == 0 { throw truncated(body) }
    }
    guard produced == output.count else {
      throw StreamError(
        .truncated, message: "the zlib data holds \(produced) bytes instead of \(output.count)")
    }
    guard consumed == body.count else {
      throw StreamError(
        .trailingData, offset: UInt64(consumed + Self.headerSize),
        message: "data follows the zlib data")
    }
  }

  /// Checks the two bytes that begin a stream: method, window, check bits, no dictionary.
  private static func checkHeader(_ method: UInt8, _ flags: UInt8) throws(StreamError) {
    let hasDeflate = method & 0x0F == 8 && method >> 4 <= 7
    guard hasDeflate, (UInt16(method) << 8 | UInt16(flags)) % 31 == 0 else {
      throw StreamError(.corrupt, offset: 0, message: "not a zlib header")
    }
    guard flags & 0x20 == 0 else {
      throw StreamError(
        .unsupported, offset: 1, message: "the zlib data needs a preset dictionary")
    }
  }

  private static func adler32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard let base = bytes.baseAddress else { return 1 }
    // Sound: the C function reads `bytes.count` bytes from `base` and keeps no pointer.
    return isal_adler32(1, base.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
  }

  private func truncated(_ stream: UnsafeRawBufferPointer) -> StreamError {
    StreamError(
      .truncated, offset: UInt64(stream.count), message: "the zlib data ends before its checksum")
  }

  /// The `count` bytes that `stream`, a whole zlib stream, holds.
  package func inflate(_ stream: [UInt8], count: Int) throws(StreamError) -> [UInt8] {
    try stream.transformed(to: count) { (stream, output) throws(StreamError) in
      try inflate(stream, into: output)
    }
  }
}

/// Deflates blocks to zlib streams (RFC 1950), one after another, with one state.
package final class ZlibDeflate {
  private let state = DeflateState(.zlib)

  /// A deflater; it holds about 360 KiB.
  package init() {}

  /// The zlib stream of `bytes`.
  package func deflate(_ bytes: UnsafeRawBufferPointer) throws(StreamError) -> [UInt8] {
    state.reset()
    var stream: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 8 << 10)
    var rest = bytes[...]
    while true {
      let progress = chunk.withUnsafeMutableBytes { chunk in
        state.deflate(from: UnsafeRawBufferPointer(rebasing: rest), into: chunk, isLast: true)
      }
      guard progress.code == 0 else {
        throw StreamError(
          .corrupt, message: "zlib compression failed with code \(progress.code)")
      }
      rest = rest.dropFirst(progress.consumed)
      stream.append(contentsOf: chunk[..<progress.produced])
      if progress.isFinished { return stream }
    }
  }

  /// The zlib stream of `bytes`.
  package func deflate(_ bytes: [UInt8]) throws(StreamError) -> [UInt8] {
    try bytes.withUnsafeBufferPointer { (buffer) throws(StreamError) in
      try deflate(UnsafeRawBufferPointer(buffer))
    }
  }
}
