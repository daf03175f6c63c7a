import FalconetConform
import FalconetForeignVM
import FalconetTestSupport
import Testing

/// The kit, with the VMs in Examples.
@Suite struct ConformTests {
  private static func conforms(_ vm: ExampleVM) throws {
    var effort = ConformKit.Effort()
    effort.samples = 16
    let report = ConformKit.check(try vm.library(), try vm.programs(), effort)
    #expect(report.conforms, "\(report.failures.prefix(10))")
    for area in ConformArea.ofLibraries where report.skipped[area] == nil {
      #expect(report.checks(in: area) > 0, "\(area)")
    }
  }

  @Test(
    "The stack machine in C conforms",
    .enabled(if: ExampleVM.stack.canBeBuilt, "no C compiler: cc"))
  func stack() throws { try Self.conforms(.stack) }

  @Test(
    "What a program gives nothing to test is told, and does not hold",
    .enabled(if: ExampleVM.stack.canBeBuilt, "no C compiler: cc"))
  func untested() throws {
    let sum = try ExampleVM.text(of: "Examples/fpvm-c/sum.stk").utf8
    var effort = ConformKit.Effort()
    effort.samples = 4
    func report(_ steps: UInt64) throws -> ConformReport {
      effort.steps = steps
      let program = ConformProgram(name: "sum", bytes: Array(sum))
      return ConformKit.check(try ExampleVM.stack.library(), [program], effort)
    }
    let whole = try report(20_000)
    #expect(whole.conforms, "\(whole.failures)")
    #expect(whole.skipped[.callbacks] == "sum reads no pre-image; sum gives no hints")
    #expect(whole.made.filter { !$0.isTested }.isEmpty)
    // Of no step there is no proof.
    let none = try report(0)
    #expect(none.conforms, "\(none.failures)")
    #expect(none.checks(in: .proofs) == 0)
    #expect(
      none.untested(in: .proofs).map(\.name) == whole.made.filter { $0.area == .proofs }.map(\.name)
    )
  }

  @Test("Each area of a library is in one part of each look")
  func parts() {
    for parts in [ConformArea.partsOfFirstLook, ConformArea.partsOfRest] {
      let areas = parts.flatMap { $0 }
      #expect(Set(areas) == Set(ConformArea.ofLibraries) && areas.count == Set(areas).count)
    }
  }

  @Test("What the first look could not test is not known to hold")
  func unknown() {
    func add(_ name: String, _ end: ConformEvent, to report: inout ConformReport) {
      report.add(.began(.clones, check: name, program: "p"))
      report.add(end)
    }
    var first = ConformReport()
    add("a", .held, to: &first)
    add("b", .untested, to: &first)
    var rest = ConformReport(after: first)
    add("a", .known, to: &rest)
    add("b", .known, to: &rest)
    #expect(rest.checks(in: .clones) == 1)
    #expect(rest.untested(in: .clones) == first.untested(in: .clones))
  }

  @Test("A program that ends otherwise in another process fails, once")
  func processes() {
    func report(_ claims: [UInt8]) -> ConformReport {
      claims.reduce(into: ConformReport()) {
        $0.add(.ended(program: "sum", step: 7, claim: [$1]))
      }
    }
    #expect(report([1]).made.isEmpty)
    #expect(report([1, 1, 1]).made.map(\.name) == [ConformReport.sameInEachProcess])
    #expect(report([1, 1, 1]).conforms)
    for claims: [UInt8] in [[1, 2], [1, 1, 2, 2], [1, 2, 3, 1]] {
      let report = report(claims)
      #expect(report.failures.map(\.area) == [.determinism])
      #expect(report.checks(in: .determinism) == 1)
    }
    var later = ConformReport(after: report([1]))
    later.add(.ended(program: "sum", step: 7, claim: [2]))
    #expect(!later.conforms)
  }

  @Test(
    "The tape machine in Rust conforms",
    .enabled(if: ExampleVM.tape.canBeBuilt, "no Rust: rustup brings rustc"))
  func tape() throws { try Self.conforms(.tape) }
}
