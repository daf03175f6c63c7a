internal import FalconetMachine
internal import FalconetOracle
internal import Keccak

/// Where a program's pre-images come from, and its hints go. A value that describes a source; a
/// machine or a trace opens it when it executes the first step.
///
/// ```swift
/// machine.preimages = .server(["op-program", "--server", "--datadir", "data"])
/// trace.preimages = .directory("preimages").withLocalInputs([1: l1Head, 3: claim])
/// ```
///
/// Pre-images of types 2 and 4 are checked against their keys, whoever gives them.
public struct PreimageSource: Sendable {
  var value: FalconetOracle.PreimageSource
  /// What the caller says that the source is known by.
  var identity: String?

  private init(_ origin: FalconetOracle.PreimageSource.Origin) {
    value = FalconetOracle.PreimageSource(origin)
  }

  /// No pre-images: a read is an error.
  public static let none = PreimageSource(.none)

  /// A directory of pre-images, in any of the layouts that Cannon's hosts write.
  public static func directory(_ path: String) -> PreimageSource {
    PreimageSource(.directory(path))
  }

  /// A server that is started as op-challenger starts one, with four descriptors.
  ///
  /// - Parameters:
  ///   - command: the program, looked up in `PATH` if it has no slash, and its arguments.
  ///   - timeout: how long an answer may take; nil for ever.
  ///   - onOutput: takes what the server writes to its standard output and error, on another thread.
  public static func server(
    _ command: [String], timeout: Duration? = .seconds(900),
    onOutput: @escaping @Sendable (GuestStream, [UInt8]) -> Void = { _, _ in }
  ) -> PreimageSource {
    var source = PreimageSource(.server(command))
    source.value.timeout = timeout
    source.value.onHostOutput = { stream, bytes in
      onOutput(stream == .standardOutput ? .output : .error, bytes)
    }
    return source
  }

  /// Pre-images in memory.
  public static func values(_ preimages: [PreimageKey: [UInt8]]) -> PreimageSource {
    let values = Dictionary(uniqueKeysWithValues: preimages.map { ($0.value, $1) })
    return PreimageSource(.custom { DictionaryOracle(values) })
  }

  /// Pre-images from closures, which are called on the thread that executes.
  ///
  /// - Parameters:
  ///   - identity: a text that is another whenever the local pre-images could be others. A trace
  ///     answers known questions without asking the source if the text is the same as before.
  ///   - hint: takes each hint that the program writes.
  ///   - preimage: gives the pre-image of a key, or nil if there is none. What it throws becomes the
  ///     cause of the error with which the run ends.
  public static func custom(
    identity: String? = nil, hint: (@Sendable ([UInt8]) throws -> Void)? = nil,
    preimage: @escaping @Sendable (PreimageKey) throws -> [UInt8]?
  ) -> PreimageSource {
    var source = PreimageSource(.custom { ClosureOracle(onHint: hint, onKey: preimage) })
    source.identity = identity
    return source
  }

  /// The same source with local inputs, by index, that come before its own.
  public func withLocalInputs(_ values: [UInt64: [UInt8]]) -> PreimageSource {
    var source = self
    source.value.localInputs.merge(values) { $1 }
    return source
  }

  /// The same source, with everything that it serves written to a directory.
  public func recorded(in directory: String) -> PreimageSource {
    var source = self
    source.value.recording = directory
    return source
  }
}

/// A source that closures are.
private struct ClosureOracle: PreimageOracle {
  var onHint: (@Sendable ([UInt8]) throws -> Void)?
  var onKey: @Sendable (PreimageKey) throws -> [UInt8]?

  var takesHints: Bool { onHint != nil }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    let value: [UInt8]?
    do { value = try onKey(PreimageKey(key)) } catch {
      throw PreimageError(.unreadable, key: key, message: "the source failed: \(error)")
    }
    guard let value else {
      throw PreimageError(.missing, key: key, message: "the source has no such pre-image")
    }
    return value
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) {
    do { try onHint?(hint) } catch {
      throw PreimageError(.unreadable, lastHint: hint, message: "the hint failed: \(error)")
    }
  }
}
