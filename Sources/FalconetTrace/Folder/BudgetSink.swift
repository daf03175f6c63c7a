import FalconetStreams

/// A sink that takes no more than so many bytes, so that a file never breaks a budget.
final class BudgetSink: ByteSink {
  private let sink: any ByteSink
  private let limit: UInt64
  /// Bytes that were to be written, refused ones too.
  private(set) var count: UInt64 = 0

  init(_ sink: any ByteSink, limit: UInt64) {
    self.sink = sink
    self.limit = limit
  }

  var name: String { sink.name }
  var isFull: Bool { count > limit }

  /// - Throws: `.tooLarge` where the bytes don't fit, and what the sink throws.
  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    count &+= UInt64(bytes.count)
    guard !isFull else {
      throw StreamError(
        .tooLarge, path: name, message: "more than the \(limit) bytes that the budget leaves")
    }
    try sink.write(bytes)
  }

  func finish() throws(StreamError) { try sink.finish() }
}
