/// Bytes that are pulled: a file, a pipe, a decompressor.
package protocol ByteSource: AnyObject {
  /// What error messages call this source: a path or "standard input".
  var name: String { get }

  /// Reads up to `buffer.count` bytes to the start of `buffer`.
  ///
  /// A short count is no sign of the end. Checksums are verified by the time 0 is returned, so a
  /// reader that trusts what it got has to read until then (`ByteReader.expectEnd()`).
  /// - Returns: The number of bytes read; 0 at the end, or if `buffer` is empty.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int
}

/// Bytes that are pushed: a file, a pipe, a compressor.
package protocol ByteSink: AnyObject {
  /// What error messages call this sink: a path or "standard output".
  var name: String { get }

  /// Takes all of `bytes`. The buffer is not used after the return.
  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError)

  /// Writes out what is buffered, with the trailers of compressors, down to the last sink.
  ///
  /// Nothing may be written after it. It does not commit an `AtomicFile`.
  func finish() throws(StreamError)
}

extension ByteSink {
  /// Takes all of `bytes`.
  package func write(_ bytes: [UInt8]) throws(StreamError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(StreamError) in
      try write(UnsafeRawBufferPointer(buffer))
    }
  }
}
