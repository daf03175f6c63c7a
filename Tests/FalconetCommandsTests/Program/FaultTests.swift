import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Illegal acts of a program")
struct FaultTests {
  /// A program that does something illegal.
  struct Fault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var code: [UInt32]
    /// The steps before the illegal one.
    var step: UInt64
    var pc: UInt64
    /// What the message says of it.
    var words: [String]
    var version = StateVersion.v8
  }

  private static let faults: [Fault] = [
    Fault(
      testDescription: "unknown instruction", code: [0, 0x7C00_0001], step: 1, pc: 0x1004,
      words: ["instruction 0x7c000001"]),
    Fault(
      testDescription: "unknown instruction of a single-threaded version", code: [0x6400_0000],
      step: 0, pc: 0x1000, words: ["instruction 0x64000000"], version: .v2),
    Fault(
      testDescription: "break", code: [0, 0, 0x0D], step: 2, pc: 0x1008,
      words: ["break", "instruction 0x0000000d"]),
    Fault(
      testDescription: "misaligned jump",
      code: [Assembly.set(8, to: 0x1022), Assembly.special(8, rs: 8), 0], step: 3, pc: 0x1022,
      words: ["not a multiple of 4"]),
    Fault(
      testDescription: "division by zero",
      code: [Assembly.set(8, to: 5), Assembly.special(0x1A, rs: 8, rt: 9)], step: 1, pc: 0x1004,
      words: ["division by zero", "0x0109001a"]),
    Fault(
      testDescription: "unknown system call", code: [Assembly.set(2, to: 5999), Assembly.syscall],
      step: 1, pc: 0x1004, words: ["system call 5999", "instruction 0x0000000c"]),
    Fault(
      testDescription: "branch in a delay slot",
      code: [Assembly.jump(2, to: 0x1100), Assembly.immediate(4, 8)], step: 1, pc: 0x1004,
      words: ["0x10000008", "delay slot"]),
    Fault(
      testDescription: "read of a pre-image before a key is written",
      code: [Assembly.set(2, to: 5000), Assembly.set(4, to: 5), Assembly.syscall], step: 2,
      pc: 0x1008, words: ["offset 0", "instruction 0x0000000c"]),
  ]

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "An illegal act is exit code 2, says what and where, and leaves the state before it",
    arguments: faults)
  func fault(_ fault: Fault) throws {
    let image = MachineImage(fault.version, code: fault.code)
    for engine in ["translator", "portable", "step"] {
      let outcome = try Tool.run(
        Guest.run(image, in: folder) + ["--engine", engine], in: folder.path)
      try expectFault(outcome, fault)
      #expect(folder.names == ["in.bin", "out.failed.bin.gz", "symbols.json"])

      let machine = try image.machine(.step)
      _ = try machine.run(until: fault.step)
      let witness = try witness(folder.file("out.failed.bin.gz"))
      #expect(witness["witnessHash"] == .string("\(machine.claim())"))
    }
  }

  private func expectFault(_ outcome: Outcome, _ fault: Fault) throws {
    #expect(outcome.exitCode == 2)
    #expect(outcome.text == "")
    let errors = outcome.lines(with: "error: ")
    let error = try #require(errors.first)
    #expect(errors.count == 1)
    let pc = "pc 0x0000" + String(fault.pc, radix: 16)
    for words in fault.words + ["at step \(fault.step)", pc, "in main.main"] {
      #expect(error.contains(words))
    }
  }

  @Test("The saved state runs into the same illegal act")
  func again() throws {
    let fault = Self.faults[0]
    let image = MachineImage(.v8, code: fault.code)
    _ = try Tool.run(Guest.run(image, in: folder) + ["--output", "a.bin"], in: folder.path)
    let outcome = try Tool.run(
      ["run", "--input", "a.failed.bin", "--meta", "symbols.json", "--output", ""], in: folder.path)
    try expectFault(outcome, fault)
    #expect(folder.names == ["a.failed.bin", "in.bin", "symbols.json"])
  }

  @Test("A step that is to be proved is no exception, and has no proof file")
  func proved() throws {
    let fault = Self.faults[0]
    let image = MachineImage(.v8, code: fault.code)
    let outcome = try Tool.run(
      Guest.run(image, in: folder) + ["--proof-at", "always", "--output", ""], in: folder.path)
    try expectFault(outcome, fault)
    #expect(folder.names == ["in.bin", "proof-0.json", "symbols.json"])
  }

  @Test("Standard output gets no state of a run that failed")
  func standardOutput() throws {
    let image = MachineImage(.v8, code: Self.faults[0].code)
    let outcome = try Tool.run(
      Guest.run(image, in: folder) + ["--output", "-"], in: folder.path)
    try expectFault(outcome, Self.faults[0])
    #expect(folder.names == ["in.bin", "symbols.json"])
  }

  @Test(
    "A state that can't be saved changes neither message nor exit code",
    .enabled(if: SmallDisk.isPossible, "only root can mount a small disk"))
  func notSaved() throws {
    let disk = try #require(try SmallDisk(bytes: 4096))
    try disk.folder.write([UInt8](repeating: 1, count: 4096), to: "full")
    let image = MachineImage(.v8, code: Self.faults[0].code)
    let outcome = try Tool.run(
      Guest.run(image, in: folder) + ["--output", disk.folder.file("a.bin")], in: folder.path)
    try expectFault(outcome, Self.faults[0])
    #expect(outcome.lines(with: "level=ERROR", "Failed to save").count == 1)
    #expect(disk.folder.names == ["full"])
  }

  @Test("A single-threaded program that sleeps for ever is found by its symbols")
  func endlessSleep() throws {
    let image = MachineImage(.v2, code: [0, Assembly.jump(2, to: 0x1010), 0, 0, 0])
    let arguments = try Guest.run(image, in: folder)
    try folder.write(
      #"{"symbols":[{"name":"runtime.notesleep","start":4112,"size":16}]}"#, to: "symbols.json")
    let outcome = try Tool.run(arguments, in: folder.path)
    #expect(outcome.exitCode == 1)
    #expect(outcome.lines(with: "error: detected an infinite loop at step 3").count == 1)
    #expect(folder.names == ["in.bin", "symbols.json"])
  }
}
