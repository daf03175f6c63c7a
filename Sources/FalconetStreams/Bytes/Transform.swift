extension [UInt8] {
  /// `count` bytes that `body` makes of these: it reads the first buffer and fills the second.
  package func transformed(
    to count: Int,
    _ body: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) throws(StreamError) -> Void
  ) throws(StreamError) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: count)
    try output.withUnsafeMutableBufferPointer { (output) throws(StreamError) in
      try withUnsafeBufferPointer { (input) throws(StreamError) in
        try body(UnsafeRawBufferPointer(input), UnsafeMutableRawBufferPointer(output))
      }
    }
    return output
  }
}
