import Glibc
import Synchronization

/// Standard error, shared by log lines and the one line that shows progress.
///
/// Safe to use from any thread: a line is written whole.
package final class Console: Sendable {
  /// Whether a person is watching: progress is then one line that is drawn again and again.
  let isTerminal: Bool
  private let status = Mutex("")

  package init(isTerminal: Bool = isatty(STDERR_FILENO) == 1) { self.isTerminal = isTerminal }

  /// Writes one line, above the progress line where there is one.
  func write(line: String) {
    status.withLock { status in
      Self.put(status.isEmpty ? line + "\n" : "\r\u{1B}[K" + line + "\n" + status)
    }
  }

  /// Shows progress in place of what it was before.
  func show(status text: String) {
    guard isTerminal else { return }
    status.withLock { status in
      status = text
      Self.put("\r\u{1B}[K" + text)
    }
  }

  /// Takes the progress line away.
  func clearStatus() {
    status.withLock { status in
      guard !status.isEmpty else { return }
      status = ""
      Self.put("\r\u{1B}[K")
    }
  }

  /// What can't be written, because nobody reads, is lost: logs never stop a run.
  private static func put(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if written < 0 {
        if errno == EINTR { continue }
        return
      }
      rest = rest.dropFirst(written)
    }
  }
}
