import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("The log of a run") struct LogTests {
  private static func log(_ guest: String, _ arguments: [String]) throws -> [String] {
    let outcome = try Tool.run(
      ["log", "state.bin.gz"] + arguments, in: try Guest.folder(guest))
    try #require(outcome.exitCode == 0, "\(outcome.log)")
    return outcome.text.split(separator: "\n").map(String.init)
  }

  @Test("System calls are written as strace writes them, with step, thread and time")
  func systemCalls() throws {
    let lines = try Self.log("hello", [])
    let machine = try Fixtures.machine(RecordedRun(version: .v8, guest: "hello"), .step)
    var steps: [UInt64] = []
    while !machine.hasExited {
      if machine.nextSystemCall != nil { steps.append(machine.step) }
      try machine.runStep()
    }
    #expect(lines.compactMap { UInt64($0.split(separator: " ")[0]) } == steps)
    #expect(
      lines.contains {
        $0.hasSuffix(#" 0 0.0565129 write(1, "hello from op-program\n", 22) = 22"#)
      }, "\(lines.suffix(9))")
    #expect(lines.last?.hasSuffix("exit_group(0) = ?") == true)
    #expect(lines.contains { $0.contains("mmap(0, 262144, 0x3, 0x802, -1, 0) = 0x100000000000") })
  }

  @Test(
    "A call that fails has the error's name, one that waits no answer", arguments: [false, true])
  func answers(isDurationShown: Bool) throws {
    let lines = try Self.log(
      "threads", ["--until", "3000000"] + (isDurationShown ? ["--durations"] : []))
    let waits = lines.filter { $0.contains(" futex(") }
    #expect(!waits.isEmpty)
    #expect(
      lines.allSatisfy { $0.wholeMatch(of: /.* <\d+\.\d{6}>/) != nil } == isDurationShown)
  }

  @Test("Hints and pre-images have their keys, sizes and callers")
  func host() throws {
    let meta = try Guest.folder("oracle") + "/meta.json"
    let preimages = ["--preimages", try Guest.preimages(), "--meta", meta]
    let lines = try Self.log("oracle", preimages + ["--host"])
    let reads = lines.filter { $0.contains(" reads pre-image 0x") }
    #expect(
      reads.first?.hasPrefix(
        "591664 0 0.0591664 reads pre-image 0x01\(String(repeating: "0", count: 61))1 (local 1), "
          + "32 bytes in ") == true, "\(reads.first ?? "")")
    #expect(lines.contains { $0.contains(" hint \"") })
    #expect(lines.count < (try Self.log("oracle", preimages)).count)
    // Whatever asks is the program, not the standard library.
    #expect(reads.allSatisfy { !$0.contains(" in syscall") && !$0.contains(" in internal/") })
  }

  @Test("Instructions are listed with the registers and bytes that they change")
  func instructions() throws {
    let meta = try Guest.folder("hello") + "/meta.json"
    let lines = try Self.log("hello", ["--instructions", "565100..565131", "--meta", meta])
    let rows = lines.filter { $0.hasPrefix("  ") }
    #expect(rows.count == 31)
    let machine = try Fixtures.machine(RecordedRun(version: .v8, guest: "hello"))
    _ = try machine.run(until: 565_100)
    machine.engine = .step
    for row in rows {
      let before = try #require(machine.state.activeThread)
      let words = row.split(separator: " ").map(String.init)
      #expect(words[0] == "\(machine.step)" && words[1] == "\(before.id)")
      #expect(words[2] == "0x\(String(before.pc, radix: 16))")
      try machine.runStep()
      let after = try #require(machine.state.activeThread)
      for index in 0..<32 {
        let change = "\(Registers.names[index])=0x\(String(after.registers[index], radix: 16))"
        #expect(
          words.contains(change) == (after.registers[index] != before.registers[index]), "\(row)")
      }
    }
    #expect(rows.contains { $0.contains(" syscall ") })
    #expect(lines.contains { $0.hasPrefix("internal/runtime/syscall.Syscall6 (") })
  }

  @Test("A range of steps that is none is an error")
  func errors() throws {
    let folder = try Guest.folder("hello")
    for arguments in [
      ["--instructions", "5"], ["--instructions", "5..5"], ["--instructions", "5..x"],
      ["--instructions", "5..6", "--since", "5"], ["--instructions", "5..6", "--host"],
    ] {
      let outcome = try Tool.run(["log", "state.bin.gz"] + arguments, in: folder)
      #expect(outcome.exitCode == 64, "\(arguments): \(outcome.log)")
    }
  }
}
