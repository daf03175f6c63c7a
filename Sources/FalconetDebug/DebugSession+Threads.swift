import FalconetMachine

/// Threads as a debugger knows them: their numbers begin with 1, and those of a guest with 0.
extension DebugSession {
  /// All threads, those of the active stack first, the active one in front.
  var threads: [ThreadState] {
    let side = machine.state.scalars.activeSide
    let threads = machine.state.threads
    let found = threads.stack(side).reversed() + threads.stack(side.other).reversed()
    // A debugger needs one.
    return found.isEmpty ? [ThreadState(id: 0, version: machine.version)] : Array(found)
  }

  /// The number of a thread. Those of a snapshot can be any; a number is never 0 or above 2^63.
  func number(of thread: UInt64) -> String {
    Hexadecimal.number((thread & 0x3FFF_FFFF_FFFF_FFFF) + 1)
  }

  func thread(numbered number: UInt64) -> ThreadState? {
    threads.first { ($0.id & 0x3FFF_FFFF_FFFF_FFFF) + 1 == number }
  }

  /// The id of the active thread.
  var currentThread: UInt64 { machine.state.activeThread?.id ?? threads[0].id }

  /// The thread that commands read.
  var readThread: ThreadState {
    chosenThread.flatMap { id in threads.first { $0.id == id } } ?? machine.state.activeThread
      ?? threads[0]
  }

  /// What is said of a thread besides its number.
  func title(of thread: ThreadState) -> String {
    var words = "thread \(thread.id)"
    if thread.id == currentThread { words += ", active" }
    if thread.exited { words += ", exited with \(thread.exitCode)" }
    if machine.version.hasBlockingFutexes,
      thread.futexAddress != ThreadState.noFutex(wordSize)
    {
      words += ", waits at 0x\(Hexadecimal.number(thread.futexAddress))"
    }
    return words
  }

  func chooseThread(_ text: Substring) {
    guard let what = text.first, what == "g" || what == "c" else { return send("E01") }
    let name = text.dropFirst()
    var chosen: UInt64?
    if name != "0", name != "-1" {
      guard let thread = Hexadecimal.number(name).flatMap(thread(numbered:)) else {
        return send("E01")
      }
      chosen = thread.id
    }
    if what == "g" { chosenThread = chosen } else { steppingThread = chosen }
    send("OK")
  }

  func sendThreads() {
    var text = "m"
    for (index, thread) in threads.enumerated() {
      let number = (index == 0 ? "" : ",") + number(of: thread.id)
      guard text.utf8.count + number.utf8.count < Self.packetLimit - 8 else { break }
      text += number
    }
    send(text)
  }

  var threadList: String {
    threads.reduce(into: "<?xml version=\"1.0\"?>\n<threads>\n") { text, thread in
      text +=
        "<thread id=\"\(number(of: thread.id))\" name=\"guest-\(thread.id)\">"
        + "\(title(of: thread))</thread>\n"
    } + "</threads>\n"
  }
}
