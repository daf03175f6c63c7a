import Falconet

extension Inspector {
  /// Instructions that a view shows before and after the present one.
  private static let (before, after) = (8, 24)
  private static let memoryBytes = 256

  /// A state: threads, registers and what the step before changed of them, calls, code, source, and memory.
  func view(_ step: UInt64, _ address: UInt64?) throws -> JSON {
    // One step back, if there is one.
    var machine = step > 0 ? try? trace.machine(after: step - 1, cancellation: cancellation) : nil
    try check()
    var previous: GuestThread?
    if let machine, machine.step < step, machine.exitCode == nil {
      previous = machine.threads.first
      try run(machine, until: step)
    }
    let shown = try machine ?? trace.machine(after: step, cancellation: cancellation)
    machine = nil
    let claim =
      shown.step > 0
      ? try trace.claims(at: [shown.step - 1], cancellation: cancellation)[0] : trace.prestateClaim
    let threads = shown.threads
    let frames = shown.callStack(program: program, limit: 64)
    let place = address ?? (threads.first.map { $0.registers[29] } ?? 0)
    return .object([
      "step": .count(shown.step), "exitCode": shown.exitCode.map { .count(UInt64($0)) },
      "claim": .string(claim.description),
      "threads": .array(threads.prefix(64).map(Self.thread)),
      "threadCount": .count(threads.count),
      "previous": previous.map(Self.thread),
      "calls": .array(frames.map(Self.frame)),
      "code": .array(Self.code(shown, at: threads.first?.pc ?? 0)),
      "source": frames.first.flatMap(source),
      "memory": .object([
        "address": .string(FalconetServer.address(place & ~15)),
        "bytes": .string(hex(shown.memory(at: place & ~15, count: Self.memoryBytes))),
      ]),
      "lastIndex": trace.knownEnd.map { .count($0.index) },
    ])
  }

  private static func thread(_ thread: GuestThread) -> JSON {
    .object([
      "id": .count(thread.id), "pc": .string(address(thread.pc)),
      "registers": .array(thread.registers.map { .string(address($0)) }),
    ])
  }

  private static func frame(_ frame: GuestFrame) -> JSON {
    .object([
      "name": .string(String(frame.function.prefix(300))), "entry": .string(address(frame.entry)),
      "pc": .string(address(frame.pc)), "file": frame.file.map { .string(String($0.prefix(300))) },
      "line": frame.line.map { .count(UInt64($0)) },
    ])
  }

  private static func code(_ machine: Machine, at pc: UInt64) -> [JSON] {
    machine.disassembly(at: pc &- UInt64(before * 4), count: before + after).map { line in
      .object([
        "address": .string(address(line.address)), "bits": .string(address(UInt64(line.bits))),
        "text": .string(line.text),
      ])
    }
  }

  /// The lines of source around a call, if the file lies below a root.
  private func source(_ frame: GuestFrame) -> JSON? {
    guard let file = frame.file, let line = frame.line.map({ Int($0) }) else { return nil }
    // The guest names the file: nothing but source is ever shown.
    let kinds = [".go", ".s", ".c", ".h", ".cc", ".cpp", ".rs", ".zig", ".swift"]
    guard kinds.contains(where: { file.hasSuffix($0) }),
      let path = try? paths.resolve(file, as: .file),
      let bytes = Files.read(path)
    else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    let first = max(line - 8, 1)
    guard line <= lines.count else { return nil }
    return .object([
      "file": .string(file), "line": .count(UInt64(line)), "first": .count(UInt64(first)),
      "lines": .array(
        lines[(first - 1)..<min(line + 12, lines.count)].map { .string(String($0.prefix(300))) }),
    ])
  }
}
