import FalconetMachine
import FalconetProofs
import FalconetReplay
import FalconetStreams
import Keccak

/// The commands that a user types after `monitor`.
extension DebugSession {
  private static let help = """
    goto STEP|start|end|+N|-N  go to a step; then 'maintenance flush register-cache'
    when                       the step, and what is executed next
    claim                      the claim at this step
    witness                    the state witness at this step
    proof FILE                 write the data of this step
    snapshot FILE              write a snapshot of this state
    last-write ADDRESS[:SIZE]  go to the last write before this step
    preimages [N]              the last pre-images that the program read first, 20 by default
    hints [N]                  the last hints, 20 by default
    syscalls [N]               the last system calls, 20 by default
    memory                     what going backwards takes
    help                       this text

    """

  /// The most lines that a command lists.
  private static let longestList = 10_000

  func monitor(_ text: Substring) {
    guard let bytes = Hexadecimal.bytes(text) else { return send("E01") }
    let words = String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
    do throws(DebugRefusal) {
      let answer = try self.answer(words)
      print(answer.hasSuffix("\n") || answer.isEmpty ? answer : answer + "\n")
    } catch {
      print("error: \(error)\n")
    }
    send("OK")
  }

  private func answer(_ words: [String]) throws(DebugRefusal) -> String {
    let argument = words.count > 1 ? words[1] : nil
    guard words.count <= 2 else { throw DebugRefusal("too many words; 'help' lists the commands") }
    switch words.first {
    case nil, "help": return Self.help
    case "goto": return try goTo(argument)
    case "when": return place
    case "claim": return "\(machine.claim())" + branchMark
    case "witness": return Hex.encode(machine.witness(), prefix: true) + branchMark
    case "proof": return try writeProof(argument)
    case "snapshot":
      try refuseInBranch()
      return try host.writeSnapshot(of: machine, to: fileName(argument))
    case "last-write": return try goToLastWrite(argument)
    case "preimages": return list(try count(argument)) { $0.preimageText }
    case "hints": return list(try count(argument)) { $0.hintText }
    case "syscalls": return try systemCalls(try count(argument))
    case "memory":
      return "\(timeline.stateCount) states in \(timeline.byteCount >> 20) MiB,"
        + " \(timeline.executed) steps executed"
    default:
      throw DebugRefusal("there is no command '\(words[0])'; 'help' lists the commands")
    }
  }

  // MARK: Branches

  /// What is said of each claim that is none of the run.
  private var branchMark: String {
    branchStart.map { " what-if: changed at step \($0), not of the run" } ?? ""
  }

  /// Files look as those of the run.
  private func refuseInBranch() throws(DebugRefusal) {
    guard let branchStart else { return }
    throw DebugRefusal(
      "the state was changed at step \(branchStart), and files are written of the run only; 'goto"
        + " \(branchStart)' goes back to it")
  }

  // MARK: Steps

  /// The present step, in words.
  var place: String {
    var text = "step \(timeline.step)"
    if machine.hasExited {
      text += ", the program has exited with code \(machine.state.scalars.exitCode)"
    } else if let thread = machine.state.activeThread {
      text += ", thread \(thread.id), pc 0x\(Hexadecimal.number(thread.pc))"
      text += " \(host.describe(thread.pc))"
      if !machine.isInstructionNext { text += ", the scheduler is next" }
    }
    if let branchStart { text += "\nwhat-if: changed at step \(branchStart)" }
    if let message { text += "\n\(message)" }
    return text
  }

  private func goTo(_ argument: String?) throws(DebugRefusal) -> String {
    let here = timeline.step
    let target: UInt64?
    switch argument {
    case "start": target = firstStep
    case "end": target = .max
    case let text? where text.hasPrefix("+"):
      target = UInt64(text.dropFirst()).map { here.addingReportingOverflow($0) }
        .map { $0.overflow ? .max : $0.partialValue }
    case let text? where text.hasPrefix("-"):
      target = UInt64(text.dropFirst()).map { here < $0 ? 0 : here - $0 }
    case let text?: target = UInt64(text)
    case nil: target = nil
    }
    guard let target else {
      throw DebugRefusal("goto: give a step, start, end, +N or -N")
    }
    try execute { () throws(MachineError) in
      // Where a branch begins, going back to it undoes the change.
      if let branchStart, target <= branchStart { try leaveBranch() }
      try timeline.go(to: target)
    }
    return place
  }

  /// Executes something that goes to another step.
  private func execute<Value>(
    _ body: () throws(MachineError) -> Value
  ) throws(DebugRefusal) {
    message = nil
    do throws(MachineError) { _ = try body() } catch { message = error.description }
    lastStop = "T05"
  }

  private func goToLastWrite(_ argument: String?) throws(DebugRefusal) -> String {
    let parts = (argument ?? "").split(separator: ":", omittingEmptySubsequences: false)
    let size = parts.count == 2 ? UInt64(parts[1]) : UInt64(wordSize.bytes)
    guard let first = parts.first, parts.count <= 2, let address = Self.address(first),
      let size, size > 0, size <= Self.watchLimit, address <= wordSize.mask - (size - 1)
    else {
      throw DebugRefusal(
        "last-write: give an address, and the number of bytes if it is not"
          + " \(wordSize.bytes), such as 0x1000:1")
    }
    var conditions = StopConditions()
    conditions.writes = [WatchedRange(address, count: size)]
    let here = timeline.step
    var end = SearchEnd.none
    try execute { () throws(MachineError) in end = try timeline.findLast(conditions) }
    if case .hit = end { return place }
    try execute { () throws(MachineError) in try timeline.go(to: here) }
    if end == .interrupted { throw DebugRefusal("interrupted") }
    return "nothing was written there since step \(timeline.start)"
  }

  private static func address(_ text: Substring) -> UInt64? {
    text.hasPrefix("0x") ? Hexadecimal.number(text.dropFirst(2)) : UInt64(text)
  }

  // MARK: Files

  /// The name of a file to write: in the directory that the debugger was started in, since whoever can
  /// connect can ask for it.
  private func fileName(_ argument: String?) throws(DebugRefusal) -> String {
    guard let argument, !argument.isEmpty else { throw DebugRefusal("give the name of a file") }
    guard !argument.contains("/"), !argument.hasPrefix(".") else {
      throw DebugRefusal(
        "\(argument): files are written to the directory that 'falconet debug' was started in;"
          + " give a name without directories")
    }
    return argument
  }

  private func writeProof(_ argument: String?) throws(DebugRefusal) -> String {
    try refuseInBranch()
    let name = try fileName(argument)
    let step = timeline.step
    let witness: StepWitness?
    do throws(MachineError) { witness = try timeline.prove() } catch {
      throw DebugRefusal("\(error)")
    }
    guard let witness else { throw DebugRefusal("the program has exited: there is no next step") }
    var proof = StepProof(witness)
    proof.version = machine.version
    return try host.writeProof(proof, to: name) + ", of step \(step)"
  }

  // MARK: Lists

  private func count(_ argument: String?) throws(DebugRefusal) -> Int {
    guard let argument else { return 20 }
    guard let count = Int(argument), count > 0 else {
      throw DebugRefusal("\(argument) is no number of lines")
    }
    return min(count, Self.longestList)
  }

  private func list(_ count: Int, _ line: (HostRequest) -> String?) -> String {
    let lines = timeline.requests.compactMap(line).suffix(count)
    return lines.isEmpty ? "none before step \(timeline.step)" : lines.joined(separator: "\n")
  }

  private func systemCalls(_ count: Int) throws(DebugRefusal) -> String {
    var found: [SystemCallRecord]?
    let here = timeline.step
    try execute { () throws(MachineError) in found = try timeline.lastSystemCalls(count) }
    guard let found else {
      try execute { () throws(MachineError) in try timeline.go(to: here) }
      throw DebugRefusal("interrupted")
    }
    guard !found.isEmpty else { return "none before step \(here)" }
    return found.map(\.text).joined(separator: "\n")
  }
}

extension HostRequest {
  fileprivate var preimageText: String? {
    guard case .preimage(let key, let size) = content else { return nil }
    return "step \(step): \(key), \(size) bytes"
  }

  fileprivate var hintText: String? {
    guard case .hint(let bytes) = content else { return nil }
    let isText = bytes.allSatisfy { (0x20..<0x7F).contains($0) }
    let text = isText ? String(decoding: bytes, as: UTF8.self) : Hex.encode(bytes, prefix: true)
    return "step \(step): \(text)"
  }
}

extension SystemCallRecord {
  fileprivate var text: String { "step \(step), thread \(thread): \(description)" }
}
