import CFalconet
import FalconetTestSupport
import Testing

@Suite("Observing steps, from C") struct ObserveTests {
  private final class Record {
    var kinds: [UInt32: Int] = [:]
    var names: Set<String> = []
    var claims = 0
    var limit = Int.max
    var total = 0
  }

  private func observe(
    _ machine: OpaquePointer?, _ filter: falconet_filter, to last: UInt64 = .max, _ record: Record
  ) -> (falconet_status, falconet_stop) {
    var (filter, stop) = (filter, FALCONET_STOP_ADDRESS)
    let status = falconet_machine_observe(
      machine, last, &filter,
      { context, machine, observation in
        guard let context, let observed = observation?.pointee else { return false }
        let record = Unmanaged<Record>.fromOpaque(context).takeUnretainedValue()
        record.total += 1
        record.kinds[observed.kind.rawValue, default: 0] += 1
        if let name = observed.name { record.names.insert(String(cString: name)) }
        var step: UInt64 = 0
        guard falconet_machine_step(machine, &step) == FALCONET_OK, step == observed.step + 1,
          observed.registers?[0] == 0
        else { return false }
        // Nothing may change the machine.
        guard falconet_machine_set_page_limit(machine, 0) == FALCONET_BUSY else { return false }
        return record.total < record.limit
      }, Unmanaged.passUnretained(record).toOpaque(), &stop)
    return (status, stop)
  }

  @Test("Writes, instructions and system calls are reported, until the callback says no")
  func events() throws {
    let machine = try HostileTests.machine()
    defer { falconet_machine_free(machine) }
    var thread = falconet_thread()
    #expect(falconet_machine_thread(machine, 0, &thread) == FALCONET_OK)
    let addresses = [thread.pc]
    let ranges = [falconet_range(start: 0x7FFF_FFFF_E000, count: 0x1000), falconet_range()]
    let record = Record()
    addresses.withUnsafeBufferPointer { addresses in
      ranges.withUnsafeBufferPointer { ranges in
        var filter = falconet_filter()
        filter.addresses = addresses.baseAddress
        filter.address_count = addresses.count
        filter.writes = ranges.baseAddress
        filter.write_count = ranges.count
        filter.system_calls = true
        #expect(observe(machine, filter, to: 100_000, record) == (FALCONET_OK, FALCONET_STOP_STEP))
        record.limit = record.total + 1
        #expect(observe(machine, filter, record) == (FALCONET_OK, FALCONET_STOP_CANCELLED))
      }
    }
    #expect(record.kinds[FALCONET_OBSERVED_INSTRUCTION.rawValue] == 1)
    #expect(record.kinds[FALCONET_OBSERVED_WRITE.rawValue, default: 0] > 10)
    #expect(record.kinds[FALCONET_OBSERVED_SYSTEM_CALL.rawValue, default: 0] > 5)
    #expect(record.names.contains("mmap"))
  }

  @Test("What is missing is an error") func errors() throws {
    let machine = try HostileTests.machine()
    defer { falconet_machine_free(machine) }
    var (filter, stop) = (falconet_filter(), FALCONET_STOP_STEP)
    let yes: falconet_observe_fn = { _, _, _ in true }
    #expect(
      falconet_machine_observe(nil, 1, &filter, yes, nil, &stop) == FALCONET_INVALID_ARGUMENT)
    #expect(
      falconet_machine_observe(machine, 1, nil, yes, nil, &stop) == FALCONET_INVALID_ARGUMENT)
    #expect(
      falconet_machine_observe(machine, 1, &filter, nil, nil, &stop) == FALCONET_INVALID_ARGUMENT)
    #expect(
      falconet_machine_observe(machine, 1, &filter, yes, nil, nil) == FALCONET_INVALID_ARGUMENT)
    var wide = falconet_range(start: 0, count: .max)
    withUnsafePointer(to: &wide) { wide in
      filter.reads = wide
      filter.read_count = 1
      #expect(
        falconet_machine_observe(machine, 1, &filter, yes, nil, &stop)
          == FALCONET_INVALID_ARGUMENT)
    }
    filter = falconet_filter()
    filter.write_count = 1
    #expect(
      falconet_machine_observe(machine, 1, &filter, yes, nil, &stop) == FALCONET_INVALID_ARGUMENT)
  }
}
