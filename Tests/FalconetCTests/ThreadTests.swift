import CFalconet
import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Glibc
import Keccak
import Synchronization
import Testing

/// What the header promises of threads.
@Suite struct ThreadTests {
  /// A handle that another thread gets.
  struct Shared: @unchecked Sendable {
    let handle: OpaquePointer
  }

  /// Starts a thread, and gives what waits for it.
  static func start(_ body: @escaping @Sendable () -> Void) throws -> () -> Void {
    let box = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    try #require(status == 0)
    return { pthread_join(thread, nil) }
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  @Test func `of two machines that run at a time, each is cancelled alone`() throws {
    let machines = try (0..<2).map { _ in try Shared(handle: Self.endless()) }
    let ends = machines.map { _ in Flag() }
    let joins = try zip(machines, ends).map { (machine, end) in
      try Self.start {
        var stop = FALCONET_STOP_STEP
        let status = falconet_machine_run(machine.handle, .max, 0, &stop)
        end.set(status == FALCONET_OK && stop == FALCONET_STOP_CANCELLED)
      }
    }
    func isBusy(_ machine: Shared) -> Bool {
      var step: UInt64 = 0
      return falconet_machine_step(machine.handle, &step) == FALCONET_BUSY
    }
    #expect(eventually { machines.allSatisfy(isBusy) })
    #expect(falconet_machine_cancel(machines[1].handle) == FALCONET_OK)
    joins[1]()
    #expect(ends[1].value == true && ends[0].value == nil && isBusy(machines[0]))
    #expect(falconet_machine_cancel(machines[0].handle) == FALCONET_OK)
    joins[0]()
    #expect(ends[0].value == true)
    for machine in machines { falconet_machine_free(machine.handle) }
  }

  @Test func `a machine that another thread runs is busy, and can be cancelled`() throws {
    let machine = try Self.endless()
    let (shared, isOver) = (Shared(handle: machine), Flag())
    let join = try Self.start {
      var stop = FALCONET_STOP_STEP
      let status = falconet_machine_run(shared.handle, .max, 0, &stop)
      isOver.set(status == FALCONET_OK && stop == FALCONET_STOP_CANCELLED)
    }
    var step: UInt64 = 0
    #expect(eventually { falconet_machine_step(machine, &step) == FALCONET_BUSY })
    #expect(String(cString: falconet_error_message()).contains("in use"))
    var claim = [UInt8](repeating: 0, count: 32)
    #expect(falconet_machine_claim(machine, &claim) == FALCONET_BUSY)
    #expect(falconet_machine_free(machine) == FALCONET_BUSY)
    #expect(falconet_machine_cancel(machine) == FALCONET_OK)
    join()
    #expect(isOver.value == true)
    #expect(falconet_machine_step(machine, &step) == FALCONET_OK && step > 0)
    #expect(falconet_machine_free(machine) == FALCONET_OK)
  }

  /// A machine that branches to itself.
  static func endless() throws -> OpaquePointer {
    let memory = Memory(wordSize: .bits64)
    try memory.storeWord(0x1000_FFFF_0000_0000, at: 0x1000)
    let image = MemoryImage(state: MachineState(version: .v8, entry: 0x1000), memory: memory)
    let sink = MemorySink()
    try Snapshot.write(image, to: sink)
    var machine: OpaquePointer?
    try #require(
      falconet_machine_open_memory(sink.bytes, sink.bytes.count, nil, &machine) == FALCONET_OK)
    return try #require(machine)
  }

  private final class Flag: Sendable {
    private let storage = Mutex<Bool?>(nil)
    var value: Bool? { storage.withLock { $0 } }
    func set(_ value: Bool) { storage.withLock { $0 = value } }
  }

  @Test func `machines run in many threads at once`() throws {
    let expected = try Fixtures.vector(.v8, "hello")
    let tally = Tally()
    let joins = try (0..<8).map { _ in
      try Self.start {
        var claim = [UInt8](repeating: 0, count: 32)
        var stop = FALCONET_STOP_STEP
        guard let machine = try? HostileTests.machine(),
          falconet_machine_run(machine, .max, 0, &stop) == FALCONET_OK,
          falconet_machine_claim(machine, &claim) == FALCONET_OK,
          falconet_machine_free(machine) == FALCONET_OK
        else { return }
        if Bytes32(claim) == expected.finalHash { tally.add() }
      }
    }
    for join in joins { join() }
    #expect(tally.count == 8)
  }

  final class Tally: Sendable {
    private let storage = Atomic<Int>(0)
    var count: Int { storage.load(ordering: .relaxed) }
    func add() { storage.add(1, ordering: .relaxed) }
  }

  @Test func `each thread has its own message`() throws {
    #expect(falconet_machine_cancel(nil) == FALCONET_INVALID_ARGUMENT)
    let before = String(cString: falconet_error_message())
    let flag = Flag()
    let join = try Self.start {
      // "" before the first failure of a thread.
      let isEmpty = strlen(falconet_error_message()) == 0
      var handle: OpaquePointer?
      _ = falconet_machine_open("/nowhere", nil, &handle)
      flag.set(isEmpty && String(cString: falconet_error_message()).contains("/nowhere"))
    }
    join()
    #expect(flag.value == true)
    #expect(String(cString: falconet_error_message()) == before)
    #expect(before.contains("NULL"))
  }
}
