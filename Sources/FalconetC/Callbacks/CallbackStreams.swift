import CFalconet
import FalconetStreams

/// The bytes that a read callback returns.
///
/// Safety: the context is passed on, never followed; a result outside of the buffer's count is an
/// error.
final class CallbackSource: ByteSource {
  let name = "the read callback"
  private let callback: falconet_read_fn
  private let context: UnsafeMutableRawPointer?

  init(_ callback: @escaping falconet_read_fn, _ context: UnsafeMutableRawPointer?) {
    self.callback = callback
    self.context = context
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    guard !buffer.isEmpty else { return 0 }
    let result = callback(context, buffer.baseAddress, buffer.count)
    guard let count = Int(exactly: result), 0...buffer.count ~= count else {
      throw StreamError(
        .system(errno: 0), path: name,
        message: result < 0
          ? "failed with \(result)"
          : "returned \(result) bytes, but \(buffer.count) were requested")
    }
    return count
  }
}

/// Bytes of the caller's, without a copy.
///
/// Safety: used only during the call that got them.
final class BorrowedSource: ByteSource {
  let name = "memory"
  private var rest: Slice<UnsafeRawBufferPointer>

  init(_ bytes: UnsafeRawBufferPointer) { rest = bytes[...] }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    let part = rest.prefix(buffer.count)
    buffer.copyBytes(from: part)
    rest = rest.dropFirst(part.count)
    return part.count
  }
}

/// Passes bytes to a write callback.
///
/// Safety: the context is passed on, never followed; the bytes are valid during the call of the
/// callback.
final class CallbackSink: ByteSink {
  let name = "the write callback"
  private let callback: falconet_write_fn
  private let context: UnsafeMutableRawPointer?

  init(_ callback: @escaping falconet_write_fn, _ context: UnsafeMutableRawPointer?) {
    self.callback = callback
    self.context = context
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    guard !bytes.isEmpty else { return }
    let result = callback(context, bytes.baseAddress, bytes.count)
    guard result == 0 else {
      throw StreamError(.system(errno: 0), path: name, message: "failed with \(result)")
    }
  }

  func finish() throws(StreamError) {}
}
