import CFalconet
import FalconetSnapshots
import FalconetTestSupport
import Glibc
import Testing

/// The limit of hints, for machines and traces of the C interface.
@Suite struct HintLimitTests {
  private var message: String { String(cString: falconet_error_message()) }

  /// What the hint callback got.
  private final class Taker { var sizes: [Int] = [] }

  private static let take: falconet_hint_fn = { context, _, count in
    guard let context else { return FALCONET_INVALID_ARGUMENT }
    Unmanaged<Taker>.fromOpaque(context).takeUnretainedValue().sizes.append(count)
    return FALCONET_OK
  }

  /// A machine that writes a hint of 5 bytes, and exits.
  private static func machine(_ folder: TemporaryFolder) throws -> OpaquePointer {
    var image = MachineImage(
      .v8,
      code: [
        Assembly.set(2, to: 5001), Assembly.set(4, to: 4), Assembly.set(5, to: 0x2000),
        Assembly.set(6, to: 9), Assembly.syscall, Assembly.set(2, to: 5205),
        Assembly.set(4, to: 0), Assembly.syscall,
      ])
    image.write([0, 0, 0, 5, 1, 2, 3, 4, 5], at: 0x2000)
    try Snapshot.save(
      MemoryImage(state: image.state, memory: try image.memory()), path: folder.file("in.bin"))
    var machine: OpaquePointer?
    try #require(falconet_machine_open(folder.file("in.bin"), nil, &machine) == FALCONET_OK)
    return try #require(machine)
  }

  @Test func `a machine keeps its state before hints that are more than it may hand out`() throws {
    let folder = try TemporaryFolder()
    let machine = try Self.machine(folder)
    defer { falconet_machine_free(machine) }
    let taker = Taker()
    let context = Unmanaged.passUnretained(taker).toOpaque()
    var (stop, step) = (FALCONET_STOP_STEP, UInt64(0))
    #expect(falconet_machine_set_preimages(machine, nil, Self.take, context) == FALCONET_OK)
    #expect(falconet_machine_set_hint_limit(machine, 8) == FALCONET_OK)
    #expect(falconet_machine_run(machine, 100, 0, &stop) == FALCONET_PREIMAGE_ERROR)
    #expect(message.contains("9 bytes of hints") && message.contains("limit is 8"), "\(message)")
    #expect(falconet_machine_step(machine, &step) == FALCONET_OK && step == 4)
    #expect(taker.sizes == [])
    #expect(falconet_machine_set_hint_limit(machine, 9) == FALCONET_OK)
    #expect(falconet_machine_run(machine, 5, 0, &stop) == FALCONET_OK)
    #expect(taker.sizes == [5])
    #expect(falconet_machine_set_hint_limit(machine, 0) == FALCONET_OK)
    #expect(falconet_machine_run(machine, 100, 0, &stop) == FALCONET_OK)
    #expect(stop == FALCONET_STOP_EXITED)
  }

  @Test func `a trace has the limit of its options`() throws {
    let folder = try TemporaryFolder()
    let machine = try Self.machine(folder)
    defer { falconet_machine_free(machine) }
    let taker = Taker()
    let context = Unmanaged.passUnretained(taker).toOpaque()
    for (limit, status) in [(8, FALCONET_PREIMAGE_ERROR), (9, FALCONET_OK), (0, FALCONET_OK)]
      as [(UInt64, falconet_status)]
    {
      var options = falconet_trace_options()
      options.hint_limit = limit
      var trace: OpaquePointer?
      try #require(
        falconet_trace_open_machine(folder.file("trace-\(limit)"), machine, &options, &trace)
          == FALCONET_OK)
      defer { falconet_trace_free(trace) }
      #expect(falconet_trace_set_preimages(trace, nil, Self.take, context) == FALCONET_OK)
      var (number, hash, buffer) = (UInt64(0), [UInt8](repeating: 0, count: 32), falconet_buffer())
      #expect(falconet_trace_last(trace, &number, &hash, &buffer) == status, "\(limit): \(message)")
      falconet_buffer_free(&buffer)
      if status == FALCONET_OK { #expect(number == 7) }
    }
    #expect(taker.sizes == [5, 5])
  }
}
