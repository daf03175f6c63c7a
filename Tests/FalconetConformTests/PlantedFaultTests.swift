import FalconetConform
import FalconetForeignVM
import FalconetTestSupport
import Testing

/// Faults in the VMs of Examples, which the kit finds where they are.
@Suite struct PlantedFaultTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    var vm: ExampleVM
    /// The area whose check fails first.
    var area: ConformArea
    /// A part of the source that is there once, and what replaces it.
    var old: String
    var new: String

    var testDescription: String { "\(vm), \(area): \(new)" }
  }

  private static let stackFaults: [Fault] = [
    Fault(
      vm: .stack, area: .table, old: "FPVM_CAN_LOAD_PROGRAM | FPVM_CAN_CLONE |",
      new: "FPVM_CAN_LOAD_PROGRAM |"),
    Fault(
      vm: .stack, area: .arguments,
      old: "if (run->flags & ~FPVM_STOP_AT_READ) return fail",
      new: "if (run->flags == 77) return fail"),
    Fault(
      vm: .stack, area: .arguments, old: "count < error->room ? count : error->room", new: "count"),
    Fault(
      vm: .stack, area: .claims, old: "  sha256(place, place + HASH, WITNESS);",
      new: "  memset(place, 7, HASH);"),
    Fault(
      vm: .stack, area: .determinism, old: "case ADD: result[0] = a + b; break;",
      new: "case ADD: { static uint64_t n; result[0] = a + b + (++n % 50 == 0); break; }"),
    Fault(
      vm: .stack, area: .resume, old: "  memcpy(r->key, from + HASH + 40, HASH);",
      new: "  memset(r->key, 0, HASH);"),
    Fault(
      vm: .stack, area: .clones, old: "memset(&(*copy)->callbacks, 0, sizeof m->callbacks);",
      new: ""),
    Fault(
      vm: .stack, area: .proofs,
      old: "  if (verifier_access(v, address)) return FPVM_REJECTED;\n  leaf(v->root, word);",
      new: "  if (v->left < ACCESS) return FPVM_REJECTED;\n  leaf(v->root, word);"),
    Fault(vm: .stack, area: .proofs, old: " || r.step != p->step)", new: ")"),
    Fault(vm: .stack, area: .proofs, old: "  p->shown.size = sizeof p->shown;", new: ""),
    Fault(
      vm: .stack, area: .proofs, old: "  p->shown.step = m->registers.step;",
      new: "  p->shown.step = m->registers.step;\n  p->shown.offset = 1;"),
    Fault(
      vm: .stack, area: .callbacks, old: "if (m->is_called) return fail(error, FPVM_BUSY,",
      new: "if (m->is_called > 1) return fail(error, FPVM_BUSY,"),
    Fault(
      vm: .stack, area: .callbacks, old: "if (status) status = FPVM_STOP;", new: "status = FPVM_OK;"
    ),
    Fault(
      vm: .stack, area: .callbacks, old: "status == FPVM_STOP ? FPVM_STOP : FPVM_PREIMAGE",
      new: "FPVM_PREIMAGE"),
    Fault(
      vm: .stack, area: .states,
      old: "good = !memcmp(claim, bytes, HASH) && !memcmp(witness, bytes + HASH, WITNESS);",
      new: "good = true;"),
    Fault(
      vm: .stack, area: .end,
      old: "if (m->registers.exited) return fail(error, FPVM_EXITED, \"the program has exited\");",
      new: ""),
  ]

  private static let tapeFaults: [Fault] = [
    Fault(vm: .tape, area: .table, old: "capabilities: 1 | 4", new: "capabilities: 1 | 16 | 4"),
    Fault(
      vm: .tape, area: .arguments,
      old: "if bytes[known as usize..].iter().any(|byte| *byte != 0) {",
      new: "if bytes.is_empty() {"),
    Fault(
      vm: .tape, area: .claims, old: "put_claim(claim, room, &(*machine).state.witness())",
      new: "put_claim(claim, room, &(*machine).state.witness()[1..])"),
    Fault(
      vm: .tape, area: .determinism, old: "self.tape[head] = self.tape[head].wrapping_add(1)",
      new: """
        {
                static N: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);
                let count = N.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                self.tape[head] = self.tape[head].wrapping_add(1 + u8::from(count % 7 == 6))
            }
        """),
    Fault(
      vm: .tape, area: .resume, old: "(number(0), number(1), number(2), number(3));",
      new: "(number(0), number(1), number(2), number(3) & 1);"),
    Fault(
      vm: .tape, area: .proofs, old: "key != Some(KEY) || proof.offset != offset",
      new: "key != Some(KEY)"),
    Fault(
      vm: .tape, area: .proofs, old: "if slice(proof.post) != Some(&hash(&state.witness())) {",
      new: "if slice(proof.post).is_none() {"),
    Fault(
      vm: .tape, area: .callbacks, old: "            _ => return Err(missing),",
      new: "            _ => return Ok(0),"),
    Fault(
      vm: .tape, area: .states, old: "hash(&bytes[CLAIM..]) != bytes[..CLAIM]", new: "false"),
    Fault(
      vm: .tape, area: .end,
      old: "if state.has_exited() { u64::from(state.tape[state.head as usize]) } else { 0 }",
      new: "u64::from(state.tape[state.head as usize])"),
  ]

  @Test(
    "A fault in the stack machine is found where it is",
    .enabled(if: ExampleVM.stack.canBeBuilt, "no C compiler: cc"), arguments: stackFaults)
  func stack(_ fault: Fault) throws { try Self.find(fault) }

  @Test(
    "A fault in the tape machine is found where it is",
    .enabled(if: ExampleVM.tape.canBeBuilt, "no Rust: rustup brings rustc"), arguments: tapeFaults)
  func tape(_ fault: Fault) throws { try Self.find(fault) }

  private static func find(_ fault: Fault) throws {
    let parts = try fault.vm.text().split(separator: fault.old, omittingEmptySubsequences: false)
    try #require(parts.count == 2, "the source has \(parts.count - 1) times \(fault.old)")
    let library = try ForeignLibrary(path: try fault.vm.build(parts.joined(separator: fault.new)))
    var effort = ConformKit.Effort()
    effort.steps = 2000
    effort.samples = 12
    effort.failsFast = true
    let report = ConformKit.check(library, try fault.vm.programs(), effort)
    #expect(
      report.failures.map(\.area) == [fault.area],
      "\(report.failures.map { "\($0.check): \($0.message)" })")
  }
}
