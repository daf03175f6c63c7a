import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetTestSupport
import Testing

@Suite struct LongHintServerTests {
  /// A hint of 70 MiB that is written in two parts, of which the first waits in a file.
  @Test(arguments: [EngineKind.translator, .step])
  func `A server gets a hint of more than 64 MiB whole, and goes on`(_ engine: EngineKind) throws {
    let size = 70 << 20
    let first = (66 << 20) + 4 + 13
    var body = [UInt8](repeating: 0, count: size)
    for (index, place) in [0, 4091, 1 << 20, (66 << 20) + 12, (66 << 20) + 13, size - 1]
      .enumerated()
    {
      body[place] = UInt8(index + 1)
    }
    let start = 0x10000
    let writes: [UInt32] = [(start, first), (start + first, 4 + size - first)].flatMap {
      [
        Assembly.set(2, to: 5001), Assembly.set(4, to: 4),
        Assembly.immediate(0x0F, rt: 5, $0.0 >> 16),
        Assembly.immediate(0x0D, rs: 5, rt: 5, $0.0 & 0xFFFF),
        Assembly.immediate(0x0F, rt: 6, $0.1 >> 16),
        Assembly.immediate(0x0D, rs: 6, rt: 6, $0.1 & 0xFFFF),
        Assembly.syscall,
      ]
    }
    var image = MachineImage(.v8, code: writes)
    image.write([0x04, 0x60, 0, 0], at: UInt64(start))
    for place in body.indices where body[place] != 0 {
      image.write([body[place]], at: UInt64(start + 4 + place))
    }

    let folder = try TemporaryFolder()
    let server = try startServer("measure", folder.file("hints"))
    let machine = try image.machine(engine, oracle: server)
    _ = try machine.run(until: 7)
    #expect(machine.state.lastHint.count == first)
    #expect(folder.names == [])
    _ = try machine.run(until: 14)
    #expect(machine.state.lastHint.isEmpty)
    var checksum = CRC32()
    checksum.add(body)
    #expect(folder.read("hints") == Array("\(size) \(checksum.value)\n".utf8))
    #expect(try server.preimage(for: key(2)) == key(2).bytes)
    #expect(server.shutdown().isClean)
  }
}
