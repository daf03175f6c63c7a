import FalconetELF
import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("What a state version lacks in a program")
struct CompatibilityTests {
  /// The code of one function, at its place.
  private struct Code {
    var name: String
    var words: [UInt32]
  }

  /// A program whose functions follow one another from 0x10000 on, each 32 instructions long.
  private func program(_ wordSize: WordSize, _ functions: [Code]) throws -> ELFFile {
    var builder = ELFBuilder(wordSize)
    var words: [UInt32] = []
    var symbols: [Symbol] = []
    for function in functions {
      symbols.append(
        Symbol(name: function.name, start: 0x10000 + UInt64(words.count) * 4, size: 128))
      words +=
        function.words
        + [UInt32](repeating: Assembly.nop, count: 32 - function.words.count)
    }
    builder.segments = [
      ELFBuilder.Segment(address: 0x10000, content: words.flatMap { bigEndian(UInt64($0), 4) })
    ]
    builder.symbols = symbols
    return try builder.file()
  }

  /// Where function number `index` of a program begins.
  private func address(_ index: Int) -> UInt64 { 0x10000 + UInt64(index) * 128 }

  private func call(_ index: Int) -> [UInt32] {
    [Assembly.jump(3, to: address(index)), Assembly.nop]
  }

  private func harmful(_ elf: ELFFile, _ version: StateVersion) throws -> [String] {
    try elf.checkCompatibility(with: version).findings.filter(\.isHarmful)
      .map { "\($0.function): \($0.problem.text)" }
  }

  /// `dclz $1, $1`
  private let dclz = Assembly.special2(0x24, rs: 1, rd: 1)

  @Test("An instruction counts if a version lacks it and calls lead there")
  func instruction() throws {
    let elf = try program(
      .bits64,
      [
        Code(name: "start", words: call(1)), Code(name: "called", words: [dclz, dclz]),
        Code(name: "alone", words: [dclz]),
      ])
    #expect(try harmful(elf, .v6) == ["called: instruction dclz (SPECIAL2, function 0x24)"])
    #expect(try harmful(elf, .v7) == [])
    let report = try elf.checkCompatibility(with: .v6)
    #expect(!report.isCompatible)
    #expect(report.findings.map(\.function) == ["called", "alone"])
    #expect(report.findings[0].addresses == [address(1), address(1) + 4])
    #expect(report.findings[0].path == ["start", "called"])
    #expect(report.findings[1].path == [])
    let excused = try elf.checkCompatibility(with: .v6, accepting: ["called"])
    #expect(excused.isCompatible)
    #expect(excused.findings[0].excuse != nil)
  }

  @Test("A symbol without a name, as sections have, names no function")
  func symbolsWithoutNames() throws {
    func found(_ symbols: [Symbol]) throws -> [String] {
      var builder = ELFBuilder(.bits64)
      builder.segments = [
        ELFBuilder.Segment(
          address: 0x10000, content: [dclz, dclz].flatMap { bigEndian(UInt64($0), 4) })
      ]
      builder.symbols = symbols
      return try builder.file().checkCompatibility(with: .v6).findings.map(\.function)
    }
    let section = Symbol(name: "", start: 0x10000, size: 0)
    #expect(try found([section]) == ["!gap"])
    #expect(try found([Symbol(name: "", start: 0x10000, size: 4)]) == ["!gap"])
    // A label reaches to the next symbol that has a name, wherever those without one are.
    let labels = [
      Symbol(name: "start", start: 0x10000, size: 0), Symbol(name: "next", start: 0x10004, size: 0),
    ]
    #expect(try found([section] + labels) == ["start", "next"])
    #expect(
      try found([labels[0], section, Symbol(name: "", start: 0x10004, size: 0)]) == ["start"])
  }

  @Test(
    "The number of a system call is seen where it is set", arguments: [UInt32(0x0D), 0x09, 0x19])
  func systemCall(_ opcode: UInt32) throws {
    let elf = try program(
      .bits64,
      [Code(name: "start", words: [Assembly.immediate(opcode, rt: 2, 5284), 0, Assembly.syscall])])
    #expect(try harmful(elf, .v6) == ["start: system call 5284 (eventfd2)"])
    #expect(try harmful(elf, .v7) == [])
  }

  @Test("Of a number that two ways lead to, neither is taken for sure")
  func label() throws {
    let words = [
      Assembly.set(2, to: 5284), Assembly.immediate(0x04, rs: 3, 2), Assembly.nop,
      Assembly.set(2, to: 5000), Assembly.syscall,
    ]
    let report = try program(.bits64, [Code(name: "start", words: words)])
      .checkCompatibility(with: .v6)
    #expect(report.findings.isEmpty)
    #expect(report.unseenNumbers.map(\.function) == ["start"])
  }

  @Test("A wrapper's callers tell the number: in a register, and on the stack as Go gives it")
  func wrappers() throws {
    let store = { (offset: Int) in Assembly.immediate(0x3F, rs: 29, rt: 1, offset) }
    let elf = try program(
      .bits64,
      [
        // Delay slots set arguments too.
        Code(
          name: "start",
          words: [Assembly.jump(3, to: address(1)), Assembly.set(4, to: 5300)] + call(2)),
        Code(
          name: "byRegister", words: [0, Assembly.special(0x25, rs: 4, rd: 2), Assembly.syscall]),
        Code(
          name: "caller",
          words: [
            Assembly.immediate(0x19, rs: 29, rt: 29, -64), Assembly.set(1, to: 5301), store(8),
          ]
            + call(3)),
        // Gives its own argument on to the last one.
        Code(
          name: "outer",
          words: [
            Assembly.immediate(0x19, rs: 29, rt: 29, -32),
            Assembly.immediate(0x37, rs: 29, rt: 1, 40),
            store(8),
          ] + call(4)),
        Code(
          name: "byStack", words: [Assembly.immediate(0x37, rs: 29, rt: 2, 8), 0, Assembly.syscall]),
      ])
    #expect(
      try harmful(elf, .v8) == [
        "start: system call 5300 (clock_adjtime)", "caller: system call 5301 (syncfs)",
      ])
  }

  @Test("Functions whose address is taken are reachable")
  func functionValues() throws {
    let target = address(1)
    let elf = try program(
      .bits64,
      [
        Code(
          name: "start",
          words: [
            Assembly.immediate(0x0F, rt: 8, Int(target >> 16)),
            Assembly.immediate(0x0D, rs: 8, rt: 8, Int(target & 0xFFFF)),
            Assembly.special(0x09, rs: 8, rd: 31), Assembly.nop,
          ]), Code(name: "value", words: [dclz]),
      ])
    #expect(try harmful(elf, .v6).count == 1)
  }

  /// A program whose functions follow one another as in `program`, and data at 0x20000.
  private func program(
    _ wordSize: WordSize, _ functions: [Code], data: [UInt64], _ symbols: [Symbol] = []
  ) throws -> ELFFile {
    var builder = ELFBuilder(wordSize)
    let code = functions.flatMap { function in
      function.words + [UInt32](repeating: Assembly.nop, count: 32 - function.words.count)
    }
    builder.segments = [
      ELFBuilder.Segment(address: 0x10000, content: code.flatMap { bigEndian(UInt64($0), 4) }),
      ELFBuilder.Segment(
        flags: 6, address: 0x20000, content: data.flatMap { bigEndian($0, wordSize.bytes) }),
    ]
    builder.symbols =
      symbols
      + functions.enumerated().map {
        Symbol(name: $1.name, start: address($0), size: 128)
      }
    return try builder.file()
  }

  /// Code that makes an address below 2^31.
  private func take(_ address: UInt64) -> [UInt32] {
    [
      Assembly.immediate(0x0F, rt: 8, Int(address >> 16)),
      Assembly.immediate(0x0D, rs: 8, rt: 8, Int(address & 0xFFFF)),
    ]
  }

  @Test(
    "Tables that code refers to lead to functions, also through other tables", arguments: wordSizes)
  func tables(_ wordSize: WordSize) throws {
    let word = UInt64(wordSize.bytes)
    let table = 0x20000 + 4 * word
    // The first words are another object, which nothing refers to.
    let data = [address(3), 0, 0, 0, 7, address(1), 0x20000 + 7 * word, address(2)]
    let functions = [
      Code(name: "start", words: take(table)), Code(name: "virtual", words: call(4)),
      Code(name: "nested", words: [dclz]), Code(name: "alone", words: [dclz]),
      Code(name: "called", words: [dclz]),
    ]
    let version: StateVersion = wordSize == .bits64 ? .v6 : .v5
    let report = try program(
      wordSize, functions, data: data, [Symbol(name: "vtable", start: table, size: 3 * word)]
    ).checkCompatibility(with: version)
    #expect(report.isCompatible)
    #expect(report.reachableFunctions == ["start"])
    #expect(report.tableFunctions == ["virtual", "nested", "called"])
    let paths = Dictionary(
      uniqueKeysWithValues: report.findings.map { ($0.function, $0.tablePath) })
    let nested = "[data at 0x\(String(0x20000 + 7 * word, radix: 16))]"
    #expect(
      paths == [
        "nested": ["start", "[vtable]", nested, "nested"], "alone": [],
        "called": ["start", "[vtable]", "virtual", "called"],
      ])
    // Without the symbol, the object ends where the next begins.
    let bare = try program(wordSize, functions, data: data).checkCompatibility(with: version)
    #expect(bare.tableFunctions == ["virtual", "nested", "called"])
  }

  @Test("The methods of a Go type are told by offsets", arguments: [false, true])
  func goTypes(_ isPruned: Bool) throws {
    let none: UInt64 = isPruned ? 0xFFFF_FFFF : address(2) - address(0)
    // Size, pointers, hash with flags (named) and kind (int), comparison, mask, name and pointer type.
    let type: [UInt64] = [8, 0, 0x0000_0001_0108_0802, 0, 0, 0]
    // Package, one method of one, at 16; then the method: name, type, code twice.
    let methods: [UInt64] = [0x0000_0000_0001_0001, 16 << 32, 0, none << 32 | none]
    let elf = try program(
      .bits64,
      [
        Code(name: "runtime.text", words: take(0x20000)), Code(name: "alone", words: [dclz]),
        Code(name: "method", words: [dclz]),
      ], data: type + methods,
      [
        Symbol(name: "runtime.types", start: 0x20000, size: 0),
        Symbol(name: "runtime.etypes", start: 0x20000 + 80, size: 0),
      ])
    let report = try elf.checkCompatibility(with: .v6)
    #expect(report.tableFunctions == (isPruned ? [] : ["method"]))
  }

  @Test("64-bit addresses that code makes of four parts are seen")
  func fourParts() throws {
    let elf = try program(
      .bits64,
      [
        Code(
          name: "start",
          words: [
            Assembly.immediate(0x0F, rt: 8, 0), Assembly.immediate(0x19, rs: 8, rt: 8, 0),
            Assembly.special(0x38, rt: 8, rd: 8, sa: 16), Assembly.immediate(0x19, rs: 8, rt: 8, 1),
            Assembly.special(0x38, rt: 8, rd: 8, sa: 16),
            Assembly.immediate(0x19, rs: 8, rt: 8, 0x80), Assembly.special(0x09, rs: 8, rd: 31),
          ]), Code(name: "value", words: [dclz]),
      ])
    #expect(try harmful(elf, .v6).count == 1)
  }

  @Test("A trap for ever, as compilers put where nothing comes, is no fault of the version")
  func traps() throws {
    let always = Assembly.special(0x34)
    let sometimes = Assembly.special(0x34, rs: 2)
    #expect(try harmful(program(.bits32, [Code(name: "start", words: [always])]), .v5) == [])
    #expect(
      try harmful(program(.bits32, [Code(name: "start", words: [sometimes])]), .v5)
        == ["start: instruction SPECIAL, function 0x34"])
  }

  @Test(
    "Each guest passes for the versions that it is built for",
    arguments: Fixtures.recordedRuns.filter { $0.guest != "oracle-invalid" })
  func guests(_ run: RecordedRun) throws {
    let name = try Fixtures.vector(run.version, run.guest).elf
    let elf = try ELFFile(bytes: Fixtures.elf(name), name: name)
    let report = try elf.checkCompatibility(with: run.version)
    #expect(report.isCompatible, "\(report.findings.filter(\.isHarmful))")
    // Most of a linked program is reachable.
    #expect(report.reachableFunctions.count * 3 > report.functionCount * 2)
    #expect(report.unseenNumbers.map(\.function) == ["runtime.runPerThreadSyscall"])
  }

  @Test(
    "Guests of Go 1.24 against version 6: eventfd2 and mprotect are what it lacks",
    arguments: ["hello", "threads", "entropy"])
  func version6(_ guest: String) throws {
    let elf = try ELFFile(bytes: Fixtures.elf("64/\(guest).elf"), name: guest)
    #expect(
      try harmful(elf, .v6) == [
        "runtime.sysFaultOS: system call 5010 (mprotect)",
        "runtime.netpollinit: system call 5284 (eventfd2)",
      ])
  }

  @Test("Noise as code and as symbols is looked through, and nothing more")
  func hostile() throws {
    var random = SeededGenerator(seed: 9)
    for _ in 0..<60 {
      let wordSize = wordSizes.randomElement(using: &random) ?? .bits64
      var builder = ELFBuilder(wordSize)
      builder.segments = [
        ELFBuilder.Segment(
          address: 0x10000,
          content: (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) })
      ]
      builder.symbols = (0..<20).map { index in
        Symbol(
          name: "f\(index)",
          start: Bool.random(using: &random)
            ? 0x10000 + UInt64.random(in: 0..<4096, using: &random)
            : UInt64.random(in: 0...wordSize.mask, using: &random),
          size: Bool.random(using: &random)
            ? UInt64.random(in: 0..<512, using: &random)
            : UInt64.random(in: 0...wordSize.mask, using: &random))
      }
      let report = try builder.file().checkCompatibility(with: wordSize.version)
      #expect(report.functionCount >= 1)
      #expect(!report.findings.isEmpty)
    }
  }
}
