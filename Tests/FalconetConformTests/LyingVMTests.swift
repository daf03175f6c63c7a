import FalconetConform
import FalconetForeignVM
import FalconetTestSupport
import Glibc
import Testing

/// A library whose table, results and calls of callbacks are not what fpvm.h says.
@Suite(.enabled(if: ExampleVM.stack.canBeBuilt, "no C compiler: cc"))
struct LyingVMTests {
  /// What it lies about, as liar.c numbers it, and what the error says.
  private static let lies: [(UInt64, String)] = [
    (1, "does not have version 1"), (2, "is of version 2"), (3, "has 8 bytes, and 232"),
    (4, "has no kinds"), (5, "kind 0 of the VM is NULL"), (6, "has 4294967295 kinds"),
    (7, "9223372036854775808 options"), (8, "option 0 of the VM is NULL"),
    (9, "the name of the VM is 5 bytes at NULL"), (10, "the name of the VM is 9223372036854775808"),
    (11, "the name of the VM is not UTF-8"), (12, "have 65 bytes; 1 to 64"),
    (13, "lacks info, run"), (14, "gives another table each time"), (20, "gave no machine"),
    (21, "1048576 bytes of 4096"),
    (22, "\u{FFFD}[31mred"), (23, "that a callback stopped it, and none did"),
    (30, "a key of 9223372036854775808 bytes"), (31, "a key of 5 bytes at NULL"),
    (32, "no place for a pre-image"), (33, "a hint of 9223372036854775808"),
    (34, "output of 5 bytes at NULL"), (35, "that a callback stopped it, and none did"),
    (36, "that a callback stopped it, and none did"), (37, "stopped for reason 77"),
    (40, "the witness of the VM is 5 bytes at NULL"), (41, "is 9223372036854775808 bytes"),
    (42, "is 1125899906842624 bytes"), (50, "gave no proof"), (51, "says that it has 0 bytes"),
    (52, "2 fields at NULL"), (53, "9223372036854775808 fields"), (54, "32 bytes at NULL"),
    (55, "7 bytes at NULL"), (56, "the field accesses of the VM is 9223372036854775808"),
    (57, "is not UTF-8"), (58, "the field \u{FFFD}[2J of the VM is 9223372036854775808"),
  ]

  /// The stack machine, which lies, and how it is told to.
  private static func build() throws -> (path: String, lie: @convention(c) (UInt64) -> Void) {
    let entry =
      "FPVM_EXPORT const fpvm_table *fpvm_get(uint32_t abi) { return abi == FPVM_ABI ? &VM : NULL; }"
    let text = try ExampleVM.stack.text()
    try #require(text.contains(entry))
    let liar = try ExampleVM.text(of: "Tests/FalconetConformTests/Programs/liar.c")
    let path = try ExampleVM.stack.build(text.replacing(entry, with: liar))
    // It stays loaded, so that each load of it sees the same number.
    let handle = try #require(dlopen(path, RTLD_NOW | RTLD_LOCAL))
    let symbol = try #require(dlsym(handle, "lie"))
    return (path, unsafeBitCast(symbol, to: (@convention(c) (UInt64) -> Void).self))
  }

  private static func drive(_ path: String) throws(ForeignError) {
    let library = try ForeignLibrary(path: path)
    let program = (try? ExampleVM.text(of: "Examples/fpvm-c/sum.stk").utf8).map(Array.init) ?? []
    let machine = try library.loadProgram(program)
    var host = ForeignHost()
    host.preimage = { _ in .missing }
    host.hint = { _ in .goOn }
    host.output = { _, _ in }
    try machine.setHost(host)
    try machine.run(until: 40)
    _ = try machine.witness()
    try library.verify(try machine.prove())
  }

  @Test("What a VM cannot mean is an error that says what it is")
  func lies() throws {
    let (path, lie) = try Self.build()
    lie(0)
    try Self.drive(path)
    for (number, words) in Self.lies {
      lie(number)
      let error = #expect(throws: ForeignError.self, "\(number)") { try Self.drive(path) }
      #expect(error?.description.contains(words) == true, "\(number): \(error?.description ?? "")")
    }
  }

  @Test("Names that a VM gives its kinds do not reach a terminal as they are")
  func names() throws {
    let (path, lie) = try Self.build()
    lie(15)
    let library = try ForeignLibrary(path: path)
    #expect(library.kinds.map(\.name) == ["\u{FFFD}[2Jodd\u{FFFD}"])
    #expect(library.kinds[0].description == "\u{FFFD}[2J")
    let error = #expect(throws: ForeignError.self) { _ = try library.number(ofKind: "even") }
    #expect(error?.message.contains("it has \u{FFFD}[2Jodd\u{FFFD}") == true)
  }

  @Test("A VM with Cannon's kind and other sizes fails, and is told which sizes")
  func sizes() throws {
    let (path, lie) = try Self.build()
    for (number, words) in [
      (16, "whose claims have 32 bytes, and says that its own have 31"),
      (17, "witnesses of Cannon's kind 8-2026-06 have 188 bytes, and the VM says 104"),
      (18, "the VM has Cannon's kind 8-2026-06, and does not load programs"),
    ] as [(UInt64, String)] {
      lie(number)
      let library = try ForeignLibrary(path: path)
      let obstacle = try #require(ConformKit.whyNotOfFamily(library))
      #expect(obstacle.contains(words), "\(obstacle)")
      var effort = ConformKit.Effort()
      effort.areas = [.table, .instructions]
      let report = ConformKit.check(library, [], effort)
      #expect(report.skipped == [.instructions: obstacle])
      let failures = report.failures.map(\.message).filter { $0.contains("Cannon") }
      #expect(number == 18 ? failures.count == 1 : failures == [obstacle], "\(failures)")
    }
  }

  @Test("A run that does not get where it was to is an error")
  func idle() throws {
    let path = try ExampleVM.stack.build(
      ExampleVM.stack.text().replacing(
        "while (!r->exited && r->step < run->until) {",
        with: "while (!r->exited && r->step < run->until && r->step < 7) {"))
    let program = ExampleVM.repository + "/Examples/fpvm-c/sum.stk"
    let run = try LibraryRun(ForeignLibrary(path: path), program, kind: nil, host: ForeignHost())
    try run.run(until: 5)
    let error = #expect(throws: ForeignError.self) { try run.run(until: 20) }
    #expect(error?.message == "it stopped at step 7 when asked for 20")
  }
}
