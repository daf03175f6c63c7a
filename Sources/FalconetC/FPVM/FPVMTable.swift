// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFPVM
import CFalconet
import FalconetLibc
import FalconetMachine
import FalconetProofs
import FalconetStreams
import Keccak

/// The table of `fpvm.h`, and what it points to.
///
/// Safety: never written after it is made, never freed. Functions and texts are constants.
private struct FPVMTable: @unchecked Sendable {
  static let shared = FPVMTable()
  let start: UnsafePointer<fpvm_table>

  private init() {
    var table = fpvm_table()
    table.size = UInt64(MemoryLayout<fpvm_table>.size)
    table.capabilities =
      FPVM_CAN_LOAD_PROGRAM | FPVM_CAN_CLONE | FPVM_CAN_PROVE | FPVM_CAN_VERIFY
      | FPVM_CAN_DESCRIBE | FPVM_CAN_STOP_AT_READ
    table.abi = FPVM_ABI
    table.kind_count = UInt32(FPVMKinds.revisions.count)
    table.kinds = Self.list(
      FPVMKinds.revisions.map {
        fpvm_kind(
          size: UInt64(MemoryLayout<fpvm_kind>.size), name: Self.text(FPVMKinds.name(of: $0)),
          description: Self.text("\($0)"),
          witness_size: UInt64($0.version.witnessLayout.byteCount))
      })
    table.option_count = UInt64(FPVMOptions.all.count)
    table.options = Self.list(
      FPVMOptions.all.map {
        fpvm_option_info(
          size: UInt64(MemoryLayout<fpvm_option_info>.size), name: Self.text($0.0),
          description: Self.text($0.1))
      })
    table.name = fpvm_text("falconet")
    table.version = Self.text(Release.version)
    table.claim_size = 32
    table.progress_limit = 25_000_000
    table.load_program = load_program
    table.load_state = load_state
    table.clone = clone
    table.free_machine = free_machine
    table.free_bytes = free_bytes
    table.set_callbacks = set_callbacks
    table.info = info
    table.claim = claim
    table.witness = witness
    table.claim_of_witness = claim_of_witness
    table.save_state = save_state
    table.write_state = write_state
    table.run = run
    table.prove = prove
    table.free_proof = free_proof
    table.verify = verify
    table.describe = describe
    start = Self.keep([table])
  }

  /// Elements that live as long as the process.
  private static func keep<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
    let start = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
    start.initialize(from: elements, count: elements.count)
    return UnsafePointer(start)
  }

  private static func list<Element>(
    _ elements: [Element]
  ) -> UnsafePointer<UnsafePointer<Element>?> {
    let start = keep(elements)
    return keep(elements.indices.map { Optional(start + $0) })
  }

  private static func text(_ text: String) -> fpvm_text {
    fpvm_text(
      text: UnsafeRawPointer(keep(Array(text.utf8))).assumingMemoryBound(to: CChar.self),
      count: UInt64(text.utf8.count))
  }
}

@c @implementation
public func fpvm_get(_ abi: UInt32) -> UnsafePointer<fpvm_table>? {
  abi == FPVM_ABI ? FPVMTable.shared.start : nil
}

/// Where a result goes.
///
/// Safety: as ``Argument``.
private typealias Place<Value> = UnsafeMutablePointer<Value>?
/// Where the text of an error goes.
///
/// Safety: as ``Argument``.
private typealias ErrorPlace = UnsafeMutablePointer<fpvm_error>?

/// Makes a handle for the machine that `body` returns; NULL if it throws.
private func open(
  _ machine: Place<OpaquePointer?>, _ error: ErrorPlace,
  _ body: () throws(CallError) -> FPVMMachine
) -> Int32 {
  fpvmCall(error) { () throws(CallError) in
    let machine = try Argument.pointer(machine, "machine")
    machine.pointee = nil
    machine.pointee = Handles.add(try body())
  }
}

private func load_program(
  _ program: UnsafePointer<fpvm_input>?, _ machine: Place<OpaquePointer?>, _ error: ErrorPlace
) -> Int32 {
  open(machine, error) { () throws(CallError) in
    try FPVMMachine(program: FPVMSize.argument(program, "program"))
  }
}

private func load_state(
  _ state: UnsafePointer<fpvm_input>?, _ machine: Place<OpaquePointer?>, _ error: ErrorPlace
) -> Int32 {
  open(machine, error) { () throws(CallError) in
    try FPVMMachine(state: FPVMSize.argument(state, "state"))
  }
}

private func clone(
  _ machine: OpaquePointer?, _ copy: Place<OpaquePointer?>, _ error: ErrorPlace
) -> Int32 {
  open(copy, error) { () throws(CallError) in
    try FPVMMachine.use(machine) { (machine) throws(CallError) in
      try FPVMMachine(copying: machine)
    }
  }
}

private func free_machine(_ machine: OpaquePointer?) -> Int32 {
  fpvmCall(nil) { () throws(CallError) in
    if machine != nil { try Handles.remove(machine, FPVMMachine.self) }
  }
}

private func free_bytes(_ bytes: Place<fpvm_bytes>) {
  guard let bytes else { return }
  free(UnsafeMutablePointer(mutating: bytes.pointee.bytes))
  bytes.pointee = fpvm_bytes()
}

private func set_callbacks(
  _ machine: OpaquePointer?, _ callbacks: UnsafePointer<fpvm_callbacks>?, _ error: ErrorPlace
) -> Int32 {
  fpvmCall(error) { () throws(CallError) in
    let callbacks =
      callbacks == nil ? fpvm_callbacks() : try FPVMSize.argument(callbacks, "callbacks")
    try FPVMMachine.use(machine) { (machine) throws(CallError) in
      try machine.setCallbacks(callbacks)
    }
  }
}

private func info(
  _ machine: OpaquePointer?, _ info: Place<fpvm_info>, _ error: ErrorPlace
) -> Int32 {
  fpvmCall(error) { () throws(CallError) in
    try FPVMMachine.use(machine) { (machine) throws(CallError) in
      let info = try FPVMSize.result(info, "info")
      let machine = machine.machine
      info.pointee.step = machine.step
      info.pointee.memory = UInt64(machine.memory.pageCount) << 12
      info.pointee.exit_code = machine.hasExited ? UInt64(machine.state.scalars.exitCode) : 0
      info.pointee.kind = FPVMKinds.number(of: machine.revision)
      info.pointee.exited = machine.hasExited ? 1 : 0
    }
  }
}

private func claim(
  _ machine: OpaquePointer?, _ claim: Place<UInt8>, _ room: UInt64, _ error: ErrorPlace
) -> Int32 {
  fpvmCall(error) { () throws(CallError) in
    try FPVMMachine.use(machine) { (machine) throws(CallError) in
      let claim = try Argument.claim(claim, room)
      Output.copy(machine.claim, to: claim)
    }
  }
}

private func witness(
  _ machine: OpaquePointer?, _ witness: Place<fpvm_bytes>, _ error: ErrorPlace
) -> Int32 {
  fpvmCall(error) { () throws(CallError) in
    try FPVMMachine.use(machine) { (machine) throws(CallError) in
      try Output.bytes(witness, "witness") { machine.machine.witness() }
    }
  }
}

private func claim_of_witness(
  _ kind: UInt32, _ witness: UnsafePointer<UInt8>?, _ count: UInt64, _ claim: Place<UInt8>,
  _ room: UInt64, _ error: ErrorPlace
) -> Int32 {
  fpvmCall(error) { () throws(CallError) in
    let claim = try Argument.claim(claim, room)
    guard let revision = try FPVMKinds.revision(kind) else {
      throw CallError(FALCONET_UNSUPPORTED, "a witness is of one kind, not of any")
    }
    let bytes = try Argument.bytes(fpvm_bytes(bytes: witness, count: count), "witness")
    let decoded: StateWitness
    do { decoded = try StateWitness(decoding: bytes, version: revision.version) } catch {
      throw CallError(FALCONET_BAD_DATA, "\(error)")
    }
    Output.copy(decoded.state.claim(witness: bytes), to: claim)
  }
}

private func save_state(
  _ machine: OpaquePointer?, _ state: Place<fpvm_bytes>, _ error: ErrorPlace
) -> Int32 {
  fpvmCall(error) { () throws(CallError) in
    try FPVMMachine.use(machine) { (machine) throws(CallError) in
      try Output.bytes(state, "state") { () throws(CallError) in
        let sink = MemorySink()
        try machine.write(to: sink)
        return sink.bytes
      }
    }
  }
}

private func write_state(
  _ machine: OpaquePointer?, _ write: fpvm_write_fn?, _ context: UnsafeMutableRawPointer?,
  _ error: ErrorPlace
) -> Int32 {
  fpvmCall(error) { () throws(CallError) in
    let sink = FPVMSink(try Argument.pointer(write, "write"), context)
    try FPVMMachine.use(machine) { (machine) throws(CallError) in try machine.write(to: sink) }
  }
}

private func run(
  _ machine: OpaquePointer?, _ run: UnsafePointer<fpvm_run>?, _ stop: Place<fpvm_stop>,
  _ error: ErrorPlace
) -> Int32 {
  fpvmCall(error) { () throws(CallError) in
    let run = try FPVMSize.argument(run, "run")
    guard run.reserved == 0 else { throw .invalid("a reserved number is not 0") }
    guard run.flags & ~FPVM_STOP_AT_READ == 0 else {
      throw CallError(FALCONET_UNSUPPORTED, "there are no flags \(run.flags) of a run")
    }
    try FPVMMachine.use(machine) { (machine) throws(CallError) in
      let stop = try FPVMSize.result(stop, "stop")
      let reason = try machine.run(
        until: run.until, stopsAtReads: run.flags & FPVM_STOP_AT_READ != 0)
      stop.pointee.step = machine.machine.step
      stop.pointee.reason =
        switch reason {
        case FALCONET_STOP_EXITED: FPVM_STOPPED_AT_EXIT
        case FALCONET_STOP_PREIMAGE_READ: FPVM_STOPPED_AT_READ
        case FALCONET_STOP_CANCELLED: FPVM_STOPPED_BY_CALLBACK
        // No machine of the table has a range to stop at.
        default: FPVM_STOPPED_AT_STEP
        }
    }
  }
}

private func prove(
  _ machine: OpaquePointer?, _ proof: Place<UnsafePointer<fpvm_proof>?>, _ error: ErrorPlace
) -> Int32 {
  fpvmCall(error) { () throws(CallError) in
    let result = try Argument.pointer(proof, "proof")
    result.pointee = nil
    try FPVMMachine.use(machine) { (machine) throws(CallError) in
      result.pointee = try FPVMProof.make(try machine.prove(), kind: machine.machine.revision)
    }
  }
}

private func free_proof(_ proof: UnsafePointer<fpvm_proof>?) {
  free(UnsafeMutablePointer(mutating: proof))
}

private func verify(_ proof: UnsafePointer<fpvm_proof>?, _ error: ErrorPlace) -> Int32 {
  fpvmCall(error) { () throws(CallError) in
    try FPVMProof.verify(try FPVMSize.argument(proof, "proof"))
  }
}

private func describe(
  _ machine: OpaquePointer?, _ text: Place<fpvm_bytes>, _ error: ErrorPlace
) -> Int32 {
  fpvmCall(error) { () throws(CallError) in
    try FPVMMachine.use(machine) { (machine) throws(CallError) in
      try Output.bytes(text, "text") { Array(machine.machine.nextStepDescription.utf8) }
    }
  }
}

extension Machine {
  /// What the next step does, for people.
  fileprivate var nextStepDescription: String {
    guard !hasExited else { return "the program has exited" }
    guard isInstructionNext, let pc = state.activeThread?.pc else { return "the scheduler's turn" }
    guard pc & 3 == 0 else { return "pc \(hex(pc)): not aligned" }
    let bits = memory.withPage(pc >> 12) { page in
      page[Int(pc & 0xFFF)...].prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    let operation = Operation(decoding: Instruction(bits), under: revision.rules)
    return "pc \(hex(pc)): \(hex(UInt64(bits), digits: 8)) \(operation)"
  }
}
