import FalconetLibc

/// Lets somebody else end work that waits or takes long: a value that is passed to it.
///
/// Files in hand are written to their end. Loops that take long ask ``isRequested``; loops that wait add
/// ``descriptor`` to their `poll`, and ask at least every ``slice``.
package struct Cancellation: Sendable {
  private let ask: (@Sendable () -> Bool)?
  /// A descriptor that becomes readable, and stays so, when the end is requested; -1 if there is none.
  package let descriptor: Int32

  /// Work that nobody ends.
  package static let never = Cancellation(ask: nil, descriptor: -1)

  private init(ask: (@Sendable () -> Bool)?, descriptor: Int32) {
    self.ask = ask
    self.descriptor = descriptor
  }

  /// - Parameters:
  ///   - descriptor: becomes readable, and stays so, when the end is requested; -1 for none.
  ///   - isRequested: whether the end is requested. It is called from the threads that do the work, often.
  package init(descriptor: Int32 = -1, isRequested: @escaping @Sendable () -> Bool) {
    self.init(ask: isRequested, descriptor: descriptor)
  }

  /// Whether the end is requested.
  package var isRequested: Bool { ask?() ?? false }

  /// Milliseconds that a `poll` which also watches ``descriptor`` may take; -1 for any number.
  package var slice: Int32 { ask == nil || descriptor >= 0 ? -1 : 100 }

  /// Throws the error that ends a wait, if the end is requested.
  package func check(path: String? = nil, offset: UInt64? = nil) throws(StreamError) {
    if isRequested { throw Self.error(path: path, offset: offset) }
  }

  /// The error that ends a wait.
  static func error(path: String?, offset: UInt64? = nil) -> StreamError {
    StreamError(.interrupted, path: path, offset: offset, message: "interrupted")
  }
}
