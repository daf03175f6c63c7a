import FalconetLibc
import FalconetStreams
import Synchronization

/// Standard error, shared by log lines and the one line that shows progress.
///
/// Safe to use from any thread: a line is written whole.
package final class Console: Sendable {
  /// Whether a person is watching: progress is then one line that is drawn again and again.
  let isTerminal: Bool
  /// Whether lines are composed and then dropped.
  private let isMuted: Bool
  private let status = Mutex("")

  /// Whether the consoles that a task makes are muted: for commands in a process that has other work.
  @TaskLocal static var isMuted = false

  package init(isTerminal: Bool = Terminal.errors.isInteractive) {
    self.isTerminal = isTerminal
    isMuted = Self.isMuted
  }

  /// Writes one line, above the progress line if there is one. Names of files in it are made
  /// readable.
  func write(line: String) {
    let line = line.readableFileName
    status.withLock { status in
      put(status.isEmpty ? line + "\n" : "\r\u{1B}[K" + line + "\n" + status)
    }
  }

  /// Shows progress in place of what it was before.
  func show(status text: String) {
    guard isTerminal else { return }
    // A line that wraps could not be drawn over.
    let line = String(text.prefix(Self.columns - 1))
    status.withLock { status in
      status = line
      put("\r\u{1B}[K" + line)
    }
  }

  /// Takes the progress line away.
  func clearStatus() {
    status.withLock { status in
      guard !status.isEmpty else { return }
      status = ""
      put("\r\u{1B}[K")
    }
  }

  /// The width of the terminal.
  private static var columns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// What cannot be written because nobody reads is lost: logs never stop a run.
  private func put(_ text: String) {
    guard !isMuted else { return }
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
