/// A promise that a reader broke.
public struct Finding: Error, CustomStringConvertible {
  public let description: String

  fileprivate init(_ problem: String, _ file: StaticString, _ line: Int) {
    description = "\(file):\(line): \(problem)"
  }
}

/// Reports a broken promise. A check lets the error out of ``HostileInputCheck/run(_:)``.
func found(
  _ problem: String, file: StaticString = #fileID, line: Int = #line
) throws -> Never { throw Finding(problem, file, line) }

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
  /// - Throws: ``Finding`` if a promise is broken; any other error is one that a reader should not have
  ///   thrown.
  func run(_ input: [UInt8]) throws

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
