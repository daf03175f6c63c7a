/// Ends the process, which is how a fuzzing target reports a broken promise.
public func found(_ problem: String) -> Never { fatalError(problem) }

/// The bytes that libFuzzer hands to a target.
///
/// Sound: libFuzzer's buffer has `count` bytes at `data`, and they are copied before it returns.
public func bytes(_ data: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
  Array(UnsafeBufferPointer(start: data, count: data == nil ? 0 : count))
}

/// What became of an operation on hostile bytes, for comparison with another way to do it.
public enum Outcome<Value: Equatable, Kind: Equatable>: Equatable {
  case accepted(Value)
  case refused(Kind)

  public var value: Value? {
    if case .accepted(let value) = self { value } else { nil }
  }
}
