import FalconetDebug
import FalconetMachine
import FalconetReplay
import FalconetTestSupport
import Testing

@Suite("A session of gdb's protocol")
struct DebugSessionTests {
  @Test("Packets are acknowledged, asked for again if corrupt, and sent again")
  func acknowledgements() throws {
    let client = DebugClient(
      Timeline(try DebugClient.counter(.v8).machine()), acknowledges: true)
    let answer = client.session.receive(DebugClient.packet("qC"))
    #expect(DebugClient.contents(answer).between == "+")
    #expect(DebugClient.contents(answer).packets == ["QC1"])
    #expect(client.session.receive(Array("$qC#00".utf8)) == Array("-".utf8))
    #expect(client.session.receive(Array("-".utf8)) == Array(answer.dropFirst()))
    // In pieces, with what is no packet around it.
    var pieces: [UInt8] = []
    for byte in Array("++xyz".utf8) + DebugClient.packet("qC") {
      pieces += client.session.receive([byte])
    }
    #expect(pieces == answer)
    // A packet that is too long is answered once it ends, and the next is understood.
    let long = client.session.receive(
      DebugClient.packet(String(repeating: "m", count: 1 << 20)) + DebugClient.packet("qC"))
    #expect(DebugClient.contents(long).packets.first?.hasPrefix("E.") == true)
    #expect(DebugClient.contents(long).packets.last == "QC1")
  }

  @Test(
    "Registers and their description fit, in both word sizes",
    arguments: [.v5, .v8] as [StateVersion])
  func registers(_ version: StateVersion) throws {
    let client = try DebugClient(version)
    let size = version.wordSize.bytes
    let description = client.ask("qXfer:features:read:target.xml:0,ffff")
    #expect(description.hasPrefix("l<?xml"))
    #expect(description.ranges(of: "<reg ").count == 72)
    #expect(description.ranges(of: "bitsize=\"\(8 * size)\"").count == (size == 8 ? 70 : 72))
    client.ask("vCont;s")
    let all = client.ask("g")
    #expect(all.utf8.count == 2 * (70 * size + 2 * 4))
    #expect(client.ask("p8") == String(repeating: "0", count: 2 * size - 1) + "1")
    #expect(client.ask("p25").hasSuffix("1004"))
    let ninth = all.utf8.dropFirst(2 * size * 8).prefix(2 * size)
    #expect(String(ninth) == client.ask("p8"))
    #expect(client.ask("p48") == "E01")
    #expect(client.ask("pzz") == "E01")
  }

  @Test("Memory is read, far parts and absent pages too, and never written")
  func memory() throws {
    let client = try DebugClient()
    #expect(client.ask("m1000,4") == "25080001")
    #expect(client.ask("m7fff00000000,4") == "00000000")
    #expect(client.ask("mfffffffffffffffe,4") == "00000000")
    #expect(client.ask("m1000,ffffffffffffffff").utf8.count <= 0x1_0000)
    for packet in ["M1000,4:00000000", "P8=0000000000000001", "G00", "X1000,0:"] {
      #expect(client.ask(packet).hasPrefix("E."))
    }
    #expect(client.ask("m1000,4") == "25080001")
    for packet in ["m", "m1000", "m1000,", "mx,4", "m10000000000000000,4", "m1,2,3"] {
      #expect(client.ask(packet) == "E01", "\(packet)")
    }
  }

  @Test("The auxiliary vector is where loaders put it", arguments: StateVersion.allCases)
  func auxiliaryVector(_ version: StateVersion) throws {
    let machine = try Fixtures.machine(RecordedRun(version: version, guest: "hello"))
    let client = DebugClient(Timeline(machine))
    let size = version.wordSize.bytes
    let answer = Array(client.ask("qXfer:auxv:read::0,fff").utf8)
    #expect(answer.first == UInt8(ascii: "l"))
    // AT_PAGESZ, whose value is 4096; the text has no byte above 0x7F before the address that follows.
    #expect(Array(answer[1...size]) == [UInt8](repeating: 0, count: size - 1) + [6])
    #expect(
      Array(answer[(size + 1)...(2 * size)])
        == [UInt8](repeating: 0, count: size - 2) + [0x10, 0])
    let none = try DebugClient(version)
    #expect(none.ask("qXfer:auxv:read::0,fff") == "l")
  }

  @Test("An interrupt stops it, whatever direction it goes in")
  func interrupt() throws {
    let client = try DebugClient()
    var calls = 0
    client.session.poll {
      calls += 1
      return calls == 3 ? [3] : []
    }
    #expect(client.ask("c") == "T02thread:1;")
    #expect(client.step > 1000)
    #expect(calls == 3)
    client.session.poll {
      client.session.end()
      return []
    }
    client.ask("c")
    #expect(client.session.isEnded)
  }

  @Test("Commands after monitor say what is wrong with them")
  func monitor() throws {
    let client = try DebugClient()
    for command in [
      "goto", "goto x", "goto -", "goto 1 2", "last-write", "last-write x", "last-write 0x0:0",
      "last-write 0:1000000", "proof", "proof a/b", "proof ../x", "snapshot .x", "hints 0",
      "syscalls -1", "nothing",
    ] {
      #expect(client.monitor(command).hasPrefix("error: "), "\(command)")
    }
    #expect(client.monitor("help").contains("last-write"))
    #expect(client.monitor("goto +10").hasPrefix("step 10,"))
    #expect(client.monitor("goto -3").hasPrefix("step 7,"))
    #expect(client.monitor("goto -30").hasPrefix("step 0,"))
    #expect(client.monitor("last-write 0x2000:4").hasPrefix("nothing was written"))
    _ = client.monitor("goto 1003")
    #expect(client.monitor("last-write 0x2003:1").hasPrefix("step 1001,"))
    #expect(client.monitor("goto start").hasPrefix("step 0,"))
    #expect(client.monitor("memory").contains("states"))
  }

  @Test("The program's file is read as gdb reads files, and no other file is")
  func files() throws {
    let client = try DebugClient()
    #expect(!client.ask("qSupported").contains("exec-file"))
    client.program = Array("ELF$#}*x".utf8)
    #expect(client.ask("qSupported:xmlRegisters=i386").contains("exec-file"))
    #expect(client.ask("qXfer:exec-file:read:1:0,fff") == "l/guests/program.elf")
    let path = "/guests/program.elf".utf8.map { String($0, radix: 16) }.joined()
    #expect(client.ask("vFile:setfs:0") == "F0")
    #expect(client.ask("vFile:open:2f,0,0") == "F-1,2")
    #expect(client.ask("vFile:open:\(path),1,0") == "F-1,1e")
    #expect(client.ask("vFile:open:\(path),0,0") == "F3")
    #expect(client.ask("vFile:pread:3,100,0") == "F8;ELF}\u{4}}\u{3}}]}\u{a}x")
    #expect(client.ask("vFile:pread:3,2,1") == "F2;LF")
    #expect(client.ask("vFile:pread:3,2,ffffffff") == "F0;")
    #expect(client.ask("vFile:pread:4,2,0") == "F-1,9")
    #expect(client.ask("vFile:fstat:3").hasPrefix("F40;"))
    #expect(client.ask("vFile:close:3") == "F0")
    #expect(client.ask("vFile:unlink:\(path)") == "")
  }

  @Test("Detaching leaves the run for the next debugger, and kill ends it")
  func ending() throws {
    let client = try DebugClient()
    #expect(client.ask("D") == "OK")
    #expect(client.session.isEnded && !client.session.isKilled)
    let other = DebugClient(client.timeline)
    _ = other.session.receive(DebugClient.packet("k"))
    #expect(other.session.isKilled)
  }
}
