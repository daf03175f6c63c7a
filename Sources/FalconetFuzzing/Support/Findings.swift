/// Ends the process, which is how a check reports a broken promise.
func found(_ problem: String) -> Never { fatalError(problem) }

/// What became of an operation on hostile bytes, for comparison with another way to do it.
enum Outcome<Value: Equatable, Kind: Equatable>: Equatable {
  case accepted(Value)
  case refused(Kind)

  var value: Value? {
    if case .accepted(let value) = self { value } else { nil }
  }
}

/// What readers of hostile bytes promise, as a check that any bytes can be given to.
protocol HostileInputCheck {
  /// Ends the process if a promise is broken.
  func run(_ input: [UInt8])

  /// Inputs that fuzzing begins with.
  func seeds() throws -> [FuzzSeed]
}

/// An input that fuzzing begins with.
public struct FuzzSeed: Sendable {
  public let name: String
  public let bytes: [UInt8]

  init(_ name: String, _ bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }
}
