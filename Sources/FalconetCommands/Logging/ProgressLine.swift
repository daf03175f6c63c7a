import FalconetMachine
import FalconetSnapshots
import Synchronization

/// How far a command has come, in one line of a terminal that is drawn again and again. Commands that are
/// done soon draw none.
///
/// Safe to use from any thread.
package final class ProgressLine: Sendable {
  private let console: Console
  private let clock = ContinuousClock()
  private let next: Mutex<ContinuousClock.Instant>

  package init(_ console: Console = Console()) {
    self.console = console
    next = Mutex(clock.now + .milliseconds(500))
  }

  /// Whether anybody sees it.
  package var isShown: Bool { console.isTerminal }

  /// Shows a text in place of the one before, at most some times a second.
  package func show(_ text: @autoclosure () -> String) {
    guard isShown else { return }
    let now = clock.now
    let isDue = next.withLock { next in
      guard now >= next else { return false }
      next = now + .milliseconds(200)
      return true
    }
    if isDue { console.show(status: text()) }
  }

  /// Takes the line away.
  package func end() { console.clearStatus() }

  /// Shows how many pages of a snapshot have been read.
  package func show(_ verb: String, page count: UInt64, of outline: SnapshotOutline) {
    guard count % 256 == 0 else { return }
    let size = Progress.size(ofPages: Int(clamping: count))
    show(
      outline.pageCount.map {
        "\(verb) \(size) of \(Progress.size(ofPages: Int(clamping: $0)))"
      } ?? "\(verb) \(size)")
  }
}
