import FalconetMachine
import FalconetProofs
import FalconetReplay
import FalconetStreams

/// What a session needs of the program that runs it. The session itself does no I/O.
package protocol DebugHost: AnyObject {
  /// The bytes of the guest's ELF file; nil if it is not known.
  var program: [UInt8]? { get }
  /// The path that a debugger shows for it, absolute.
  var programPath: String { get }
  /// The function, and the line if known, that an address is in.
  func describe(_ address: UInt64) -> String
  /// Writes a file with the data of a step; the result says what was written.
  func writeProof(_ proof: StepProof, to name: String) throws(DebugRefusal) -> String
  /// Writes a file with the machine's state; the result says what was written.
  func writeSnapshot(of machine: Machine, to name: String) throws(DebugRefusal) -> String
}

/// Why a command of a client is not executed: a sentence for whoever typed it.
package struct DebugRefusal: Error, Sendable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }
}

/// A session of gdb's remote serial protocol with a debugger: bytes come in, bytes go out.
///
/// The program that is debugged is a ``Timeline``. gdb's commands for going backwards (`reverse-step`,
/// `reverse-continue`) go backwards. Nothing a client does changes a state of it: writes to memory and
/// registers are refused, or lead to a branch, which going back leaves.
///
/// No bytes crash a session, have it run for ever, or have it grow without bound.
package final class DebugSession {
  /// Bytes of a packet in either direction.
  static let packetLimit = 0x1_0000
  /// Breakpoints and watchpoints that a client may have.
  static let stopLimit = 1024
  /// Bytes that a watchpoint may cover.
  static let watchLimit: UInt64 = 1 << 16

  /// The run, which nothing changes.
  private let recorded: Timeline
  /// What goes on from a state that the client changed.
  private var branch: Timeline?
  /// Whether a write makes a branch; otherwise it is refused.
  private let allowsChanges: Bool
  private let changeAdvice: String
  unowned let host: any DebugHost
  private var reader = PacketReader(limit: packetLimit)
  private var output: [UInt8] = []
  private var lastPacket: [UInt8] = []
  private var acknowledges = true
  /// Whether the client left, and whether it asked for the end of the program.
  package private(set) var isEnded = false
  package private(set) var isKilled = false

  /// The threads of the next commands that read, and that execute; nil is the active one.
  var chosenThread: UInt64?
  var steppingThread: UInt64?
  var breakpoints: Set<UInt64> = []
  var watchpoints: [Watchpoint] = []
  /// What the last stop was reported as, and why the next step cannot be executed.
  var lastStop = "T05"
  var message: String?
  /// Whether an interrupt came that ends what is executed.
  private var isInterrupted = false
  private var arrived: () -> [UInt8] = { [] }
  private var waiting: [UInt8] = []

  /// - Parameters:
  ///   - allowsChanges: whether a write to memory or registers makes a branch of the run.
  ///   - changeAdvice: what a refusal of such a write says of how to allow it.
  package init(
    _ timeline: Timeline, host: any DebugHost, allowsChanges: Bool = false,
    changeAdvice: String = "this session allows no changes"
  ) {
    recorded = timeline
    self.host = host
    self.allowsChanges = allowsChanges
    self.changeAdvice = changeAdvice
    watchInterrupts(of: timeline)
  }

  private func watchInterrupts(of timeline: Timeline) {
    timeline.machine.shouldInterrupt = { [weak self] in self?.shouldInterrupt() ?? false }
  }

  /// Where the client is: in the run, or in a branch of it.
  var timeline: Timeline { branch ?? recorded }
  var machine: Machine { timeline.machine }
  var wordSize: WordSize { machine.version.wordSize }

  /// Has a function give the bytes that arrive while the guest runs: an interrupt among them stops it. The
  /// function does not wait.
  package func poll(_ arrived: @escaping () -> [UInt8]) { self.arrived = arrived }

  /// Bytes of other packets that may wait until the guest stops. A client sends none but an interrupt.
  private static let waitingLimit = 1 << 12

  private func shouldInterrupt() -> Bool {
    for byte in arrived() {
      // Inside of a packet the byte might be data, but a client waits for the stop first.
      if byte == 3 {
        isInterrupted = true
      } else if waiting.count < Self.waitingLimit {
        waiting.append(byte)
      }
    }
    return isInterrupted || isEnded
  }

  /// Ends what is executed, from the function of ``poll(_:)``: the client is gone.
  package func end() { isEnded = true }

  /// Takes bytes of the client. Each packet may have an answer of ``packetLimit``, so a caller that gives a few
  /// hundred at a time bounds what it has to send.
  ///
  /// - Returns: the bytes that answer it.
  package func receive(_ bytes: [UInt8]) -> [UInt8] {
    output = []
    var bytes = bytes
    while !bytes.isEmpty, !isEnded {
      for byte in bytes {
        guard !isEnded else { break }
        if let event = reader.take(byte) { handle(event) }
      }
      bytes = waiting
      waiting = []
    }
    return output
  }

  private func handle(_ event: PacketReader.Event) {
    switch event {
    case .packet(let contents):
      if acknowledges { output.append(UInt8(ascii: "+")) }
      answer(contents)
    case .corrupt: if acknowledges { output.append(UInt8(ascii: "-")) }
    case .tooLong:
      if acknowledges { output.append(UInt8(ascii: "+")) }
      send("E.the packet is longer than \(Self.packetLimit) bytes")
    case .retransmission: if acknowledges { output += lastPacket }
    // Nothing is executed: the client knows that the program stands.
    case .interrupt: break
    }
  }

  // MARK: Sending

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ contents: [UInt8]) {
    let packet = PacketWriter.packet(contents)
    if acknowledges { lastPacket = packet }
    output += packet
  }

  /// Text for the client's console, while it waits for a command of its own.
  func print(_ text: String) {
    let bytes = Array(text.utf8)
    let most = Self.packetLimit / 2 - 8
    for start in stride(from: 0, to: bytes.count, by: most) {
      send("O" + Hex.encode(bytes[start..<min(start + most, bytes.count)]))
    }
  }

  // MARK: Answering

  private func answer(_ contents: [UInt8]) {
    // Only packets that nobody sends here have bytes that are no text.
    let text = String(decoding: contents, as: UTF8.self)
    guard let first = text.first else { return send("") }
    let rest = text.dropFirst()
    isInterrupted = false
    switch first {
    case "?": reportState()
    case "g": readRegisters()
    case "p": readRegister(rest)
    case "m": readMemory(rest)
    // Memory is read and written in hexadecimal.
    case "x": send("")
    case "X" where allowsChanges: send("")
    case "M" where allowsChanges: writeMemory(rest)
    case "P" where allowsChanges: writeRegister(rest)
    case "G" where allowsChanges: writeRegisters(rest)
    case "G", "P", "M", "X": refuseWrite()
    case "H": chooseThread(rest)
    case "T": send(Hexadecimal.number(rest).flatMap(thread(numbered:)) == nil ? "E01" : "OK")
    case "c", "C": resume(forward: true)
    case "s", "S": step(forward: true, steppingThread)
    case "b": reverse(rest)
    case "Z": insertStop(rest)
    case "z": removeStop(rest)
    case "D":
      send("OK")
      isEnded = true
    case "k": kill()
    case "v": answerNamed(text)
    case "q", "Q": answerQuery(text)
    default: send("")
    }
  }

  private func kill() {
    isEnded = true
    isKilled = true
  }

  private func refuseWrite() {
    send(
      "E.a recorded run cannot be changed: memory and registers are read-only; \(changeAdvice)")
  }

  // MARK: Branches

  /// The step at which the client changed the state; nil in the run itself.
  var branchStart: UInt64? { branch?.start }

  /// Makes a branch that goes on from the present state with a change.
  func change(_ body: (Machine) throws(HostMemoryError) -> Void) {
    do {
      let branch = try timeline.branch(changing: body)
      watchInterrupts(of: branch)
      self.branch = branch
      message = nil
      send("OK")
    } catch { send("E.\(error)") }
  }

  /// Leaves a branch for the run, which is then at the step that the branch began with.
  func leaveBranch() throws(MachineError) {
    guard let branch else { return }
    self.branch = nil
    print("Left the what-if branch of step \(branch.start).\n")
    try recorded.go(to: branch.start)
  }

  /// The first step that can be reached.
  var firstStep: UInt64 { recorded.start }

  private func answerNamed(_ text: String) {
    if text == "vCont?" {
      send("vCont;c;C;s;S")
    } else if text.hasPrefix("vCont;") {
      resume(actions: text.dropFirst("vCont;".count))
    } else if text.hasPrefix("vKill") {
      send("OK")
      kill()
    } else if text.hasPrefix("vFile:") {
      answerFile(text.dropFirst("vFile:".count))
    } else {
      send("")
    }
  }

  private func answerQuery(_ text: String) {
    let name = text.prefix { $0 != ":" && $0 != "," && $0 != ";" }
    let rest = text.dropFirst(name.count + 1)
    switch name {
    case "qSupported": send(supported)
    case "QStartNoAckMode":
      send("OK")
      acknowledges = false
      lastPacket = []
    case "qC": send("QC" + number(of: currentThread))
    case "qfThreadInfo": sendThreads()
    case "qsThreadInfo": send("l")
    case "qThreadExtraInfo":
      let found = Hexadecimal.number(rest).flatMap(thread(numbered:))
      send(found.map { Hex.encode(Array(title(of: $0).utf8)) } ?? "E01")
    case "qAttached": send("1")
    case "qSymbol": send("OK")
    // A guest is loaded where its file says, which lldb asks.
    case "qOffsets": send("Text=0;Data=0;Bss=0")
    case "qXfer": transfer(rest)
    case "qRcmd": monitor(rest)
    case "qHostInfo": send(hostInformation)
    case "qProcessInfo": send("pid:1;endian:big;ptrsize:\(wordSize.bytes);" + triple)
    default: send("")
    }
  }

  private var supported: String {
    "PacketSize=\(Hexadecimal.number(UInt64(Self.packetLimit)));QStartNoAckMode+;vContSupported+;"
      + "qXfer:features:read+;qXfer:threads:read+;qXfer:auxv:read+;ReverseStep+;"
      + "ReverseContinue+"
      + (host.program == nil ? "" : ";qXfer:exec-file:read+")
  }

  /// What lldb asks for.
  private var hostInformation: String {
    triple + "endian:big;ptrsize:\(wordSize.bytes);watchpoint_exceptions_received:before;"
  }

  private var triple: String {
    let name = wordSize == .bits64 ? "mips64" : "mips"
    return "triple:" + Hex.encode(Array("\(name)-unknown-linux-gnu".utf8)) + ";"
  }
}
