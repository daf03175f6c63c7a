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
    "The tape machine in Rust conforms",
    .enabled(if: ExampleVM.tape.canBeBuilt, "no Rust: rustup brings rustc"))
  func tape() throws { try Self.conforms(.tape) }
}
