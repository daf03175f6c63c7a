import FalconetMachine
import FalconetStreams

/// Registers, memory and what is read in parts.
extension DebugSession {
  func readRegisters() {
    let thread = readThread
    send((0..<TargetRegister.count).map { text(of: $0, thread) }.joined())
  }

  func readRegister(_ text: Substring) {
    guard let number = Hexadecimal.number(text), number < TargetRegister.count else {
      return send("E01")
    }
    send(self.text(of: Int(number), readThread))
  }

  private func text(of number: Int, _ thread: ThreadState) -> String {
    guard let register = TargetRegister(number: number) else { return "" }
    return Hexadecimal.text(
      register.value(of: thread), bytes: TargetRegister.size(number, wordSize))
  }

  /// Sends memory. All of it is readable; what was never written is zero.
  func readMemory(_ text: Substring) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = Hexadecimal.number(parts[0]),
      let count = Hexadecimal.number(parts[1])
    else { return send("E01") }
    var bytes: [UInt8] = []
    machine.memory.read(
      into: &bytes, from: address & wordSize.mask,
      count: Int(min(count, UInt64(Self.packetLimit / 2 - 8))))
    send(Hex.encode(bytes))
  }

  /// `qXfer:OBJECT:read:ANNEX:OFFSET,LENGTH`.
  func transfer(_ text: Substring) {
    let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, parts[1] == "read" else { return send("") }
    let object: [UInt8]
    switch parts[0] {
    case "features":
      guard parts[2] == "target.xml" else { return send("E00") }
      object = Array(TargetDescription.xml(wordSize).utf8)
    case "threads": object = Array(threadList.utf8)
    case "auxv": object = AuxiliaryVector.bytes(machine)
    case "exec-file" where host.program != nil: object = Array(host.programPath.utf8)
    default: return send("")
    }
    let range = parts[3].split(separator: ",", omittingEmptySubsequences: false)
    guard range.count == 2, let offset = Hexadecimal.number(range[0]),
      let count = Hexadecimal.number(range[1]), offset <= UInt64(object.count)
    else { return send("E01") }
    let rest = object[Int(offset)...]
    let (bytes, sent) = PacketWriter.escaped(
      rest.prefix(Int(min(count, UInt64(Self.packetLimit)))), limit: Self.packetLimit - 8)
    send([UInt8(ascii: sent == rest.count ? "l" : "m")] + bytes)
  }

  // MARK: Files

  /// Errors of gdb's file protocol.
  private enum FileError: Int {
    case noEntry = 2
    case badDescriptor = 9
    case invalid = 22
    case readOnly = 30
  }

  /// The descriptor that the program's file is opened as.
  private static let programDescriptor: UInt64 = 3

  /// Answers requests of the only file that there is: the guest's ELF file.
  func answerFile(_ text: Substring) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return send("") }
    let arguments = parts[1].split(separator: ",", omittingEmptySubsequences: false)
    switch parts[0] {
    case "setfs": send("F0")
    case "open": openFile(arguments)
    case "pread": readFile(arguments)
    case "fstat": describeFile(arguments)
    case "close": arguments.first == "3" ? send("F0") : fail(.badDescriptor)
    case "readlink": fail(.invalid)
    default: send("")
    }
  }

  private func fail(_ error: FileError) {
    send("F-1,\(Hexadecimal.number(UInt64(error.rawValue)))")
  }

  private func openFile(_ arguments: [Substring]) {
    guard arguments.count == 3, let path = Hexadecimal.bytes(arguments[0]),
      let flags = Hexadecimal.number(arguments[1])
    else { return fail(.invalid) }
    guard host.program != nil, path == Array(host.programPath.utf8) else {
      return fail(.noEntry)
    }
    guard flags & 3 == 0 else { return fail(.readOnly) }
    send("F\(Self.programDescriptor)")
  }

  private func readFile(_ arguments: [Substring]) {
    guard arguments.count == 3, let count = Hexadecimal.number(arguments[1]),
      let offset = Hexadecimal.number(arguments[2])
    else { return fail(.invalid) }
    guard Hexadecimal.number(arguments[0]) == Self.programDescriptor, let program = host.program
    else { return fail(.badDescriptor) }
    let start = Int(min(offset, UInt64(program.count)))
    let part = program[start...].prefix(Int(min(count, UInt64(Self.packetLimit))))
    let (bytes, sent) = PacketWriter.escaped(part, limit: Self.packetLimit - 32)
    send(Array("F\(Hexadecimal.number(UInt64(sent)));".utf8) + bytes)
  }

  /// gdb's `struct stat`, big-endian: 13 fields in 64 bytes, of which the mode and the size matter.
  private func describeFile(_ arguments: [Substring]) {
    guard arguments.count == 1,
      Hexadecimal.number(arguments[0]) == Self.programDescriptor, let program = host.program
    else { return fail(.badDescriptor) }
    var status = [UInt8](repeating: 0, count: 64)
    // A regular file that everyone may read: 0100444.
    for (index, byte) in ([0x81, 0x24] as [UInt8]).enumerated() { status[10 + index] = byte }
    status[15] = 1
    for index in 0..<8 {
      status[28 + index] = UInt8(truncatingIfNeeded: program.count >> (8 * (7 - index)))
    }
    let (bytes, _) = PacketWriter.escaped(status, limit: Self.packetLimit)
    send(Array("F40;".utf8) + bytes)
  }
}
