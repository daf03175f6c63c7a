internal import FalconetMachine
internal import FalconetOracle
internal import Keccak
internal import Synchronization

/// A source of pre-images, which also receives the program's hints.
///
/// This value describes the source. A machine or a trace opens it when it executes its first step.
///
/// ```swift
/// machine.preimages = .server(["op-program", "--server", "--datadir", "data"])
/// trace.preimages = .directory("preimages").withLocalInputs([1: l1Head, 3: claim])
/// ```
///
/// Pre-images of types 2 and 4 are checked against their keys, whatever the source.
public struct PreimageSource: Sendable {
  var value: FalconetOracle.PreimageSource
  /// The identity that the caller states.
  var identity: String?
  /// The error that a closure of the caller threw last.
  private var thrown = ThrownError()

  private init(_ origin: FalconetOracle.PreimageSource.Origin) {
    value = FalconetOracle.PreimageSource(origin)
  }

  /// No pre-images. A read is an error.
  public static let none = PreimageSource(.none)

  /// A directory of pre-images, in any layout that Cannon's hosts write. Hints are dropped.
  public static func directory(_ path: String) -> PreimageSource {
    PreimageSource(.directory(path))
  }

  /// A server that is started as op-challenger starts one, with four descriptors.
  ///
  /// - Parameters:
  ///   - command: the program and its arguments. A program without a slash is looked up in `PATH`.
  ///   - timeout: how long a request may wait without a byte. Nil is no limit.
  ///   - onOutput: receives what the server writes to its standard output and error, on another
  ///     thread.
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
  ///   - identity: a text that changes whenever the source could give other local pre-images. If it is
  ///     the same as before, a trace returns cached answers without asking the source.
  ///   - hint: receives each hint that the program writes.
  ///   - preimage: returns the pre-image of a key, or nil if there is none. An error that it throws
  ///     ends the run, and is the cause of the run's error.
  public static func custom(
    identity: String? = nil, hint: (@Sendable ([UInt8]) throws -> Void)? = nil,
    preimage: @escaping @Sendable (PreimageKey) throws -> [UInt8]?
  ) -> PreimageSource {
    let thrown = ThrownError()
    var source = PreimageSource(
      .custom { ClosureOracle(onHint: hint, onKey: preimage, thrown: thrown) })
    source.identity = identity
    source.thrown = thrown
    return source
  }

  /// The same source with local inputs by index, which take precedence over its own.
  public func withLocalInputs(_ values: [UInt64: [UInt8]]) -> PreimageSource {
    var source = self
    source.value.localInputs.merge(values) { $1 }
    return source
  }

  /// The same source, which calls a closure about five times a second while it waits for its server, on the thread that
  /// executes.
  public func whileWaiting(_ body: @escaping @Sendable () -> Void) -> PreimageSource {
    var source = self
    source.value.onWait = body
    return source
  }

  /// The same source, which writes everything that it serves to a directory.
  public func recorded(in directory: String) -> PreimageSource {
    var source = self
    source.value.recording = directory
    return source
  }
}

extension PreimageSource {
  /// An error of this source, with what a closure threw as its cause.
  func completed(_ error: FalconetError) -> FalconetError {
    guard error.code == .preimageSource, let cause = thrown.take() else { return error }
    var error = error
    error.cause = cause
    return error
  }
}

/// The last error that a closure threw.
private final class ThrownError: Sendable {
  private let value = Mutex<(any Error)?>(nil)

  func set(_ error: any Error) { value.withLock { $0 = error } }

  func take() -> (any Error)? {
    value.withLock { value in
      defer { value = nil }
      return value
    }
  }
}

/// A source that consists of closures.
private struct ClosureOracle: PreimageOracle {
  var onHint: (@Sendable ([UInt8]) throws -> Void)?
  var onKey: @Sendable (PreimageKey) throws -> [UInt8]?
  let thrown: ThrownError

  var takesHints: Bool { onHint != nil }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    let value: [UInt8]?
    do { value = try onKey(PreimageKey(key)) } catch {
      thrown.set(error)
      throw PreimageError(
        .unreadable, key: key, message: "the source's closure threw an error: \(error)")
    }
    guard let value else {
      throw PreimageError(.missing, key: key, message: "the source has no such pre-image")
    }
    return value
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) {
    do { try onHint?(hint) } catch {
      thrown.set(error)
      throw PreimageError(
        .unreadable, lastHint: hint, message: "the closure for hints threw an error: \(error)")
    }
  }
}
