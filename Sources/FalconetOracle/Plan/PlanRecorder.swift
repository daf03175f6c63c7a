import FalconetMachine
import FalconetStreams
import Keccak

/// Passes pre-images and hints on, and records a plan.
///
/// A plan that cannot be written ends no run: ``finish()`` says why.
package final class PlanRecorder: PreimageOracle {
  private var source: any PreimageOracle
  private let file: AtomicFile
  private let writer: PlanWriter
  private var failure: StreamError?
  private var last = ContinuousClock.now

  /// Begins a plan that ``finish()`` puts in its place.
  package init(_ source: any PreimageOracle, path: String) throws(StreamError) {
    self.source = source
    file = try AtomicFile(path: path, permissions: 0o666)
    writer = try PlanWriter(to: file)
  }

  package func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    if PreimagePlan.has(key) { add(.key(key)) }
    return try source.preimage(for: key)
  }

  package func hint(_ hint: [UInt8]) throws(PreimageError) {
    if PreimagePlan.has(hint: hint) { add(.hint(hint)) }
    try source.hint(hint)
  }

  /// A hint that lies in a file is too long for a plan.
  package func longHint(_ hint: LongHint) throws(PreimageError) { try source.longHint(hint) }

  package var takesHints: Bool { true }

  package func flush() throws(PreimageError) { try source.flush() }

  /// Completes the file.
  package func finish() throws(StreamError) {
    if let failure { throw failure }
    try writer.finish()
    try file.commit()
  }

  private func add(_ entry: PreimagePlan.Entry) {
    guard failure == nil else { return }
    let now = ContinuousClock.now
    let (seconds, attoseconds) = (now - last).components
    let delay = UInt64(seconds) * 1000 + UInt64(attoseconds / 1_000_000_000_000_000)
    // What is less than a millisecond counts with the next entry.
    if delay > 0 { last += .milliseconds(Int64(delay)) }
    do throws(StreamError) { try writer.add(PreimagePlan.Item(entry, delay: delay)) } catch {
      failure = error
    }
  }
}
