import FalconetDebug
import FalconetMachine
import FalconetReplay
import FalconetTestSupport
import Keccak
import Testing

@Suite("A debugger's runs forwards and backwards")
struct DebugRunTests {
  @Test(
    "A write makes a branch with claims of its own, and going back leaves it",
    arguments: [.v5, .v8] as [StateVersion])
  func whatIf(_ version: StateVersion) throws {
    let timeline = Timeline(try DebugClient.counter(version).machine(), interval: 10)
    let client = DebugClient(timeline, allowsChanges: true)
    _ = client.monitor("goto 41")
    let claim = timeline.machine.claim()
    let digits = 2 * version.wordSize.bytes
    func value(_ number: Int) -> String {
      let text = String(number, radix: 16)
      return String(repeating: "0", count: digits - text.count) + text
    }
    #expect(client.ask("p8") == value(11))
    #expect(client.ask("P8=" + value(500)) == "OK")
    #expect(client.ask("p8") == value(500))
    // The store of 500, in the branch alone.
    #expect(client.ask("s") == "T05thread:1;")
    #expect(client.ask("m2000,4") == "000001f4")
    #expect(client.monitor("when").contains("what-if: changed at step 41"))
    let marked = client.monitor("claim")
    #expect(marked.hasSuffix(" what-if: changed at step 41, not of the run\n"))
    #expect(!marked.hasPrefix("\(claim)"))
    #expect(client.monitor("witness").contains("what-if"))
    for command in ["proof p.json", "snapshot s.bin.gz"] {
      #expect(client.monitor(command).hasPrefix("error: "), "\(command)")
    }
    #expect(client.proofs.isEmpty && client.snapshots.isEmpty)
    // The run stays where it was.
    #expect(timeline.step == 41)
    #expect(timeline.machine.claim() == claim)
    // Back to the change is back in the branch; one more leaves it.
    #expect(client.ask("bs") == "T05thread:1;")
    #expect(client.ask("p8") == value(500))
    #expect(client.ask("m2000,4") == "0000000a")
    #expect(client.ask("bs") == "T05thread:1;")
    #expect(client.ask("p8") == value(10))
    #expect(client.step == 40)
    #expect(client.monitor("claim") == "\(timeline.machine.claim())\n")
    #expect(client.ask("s") == "T05thread:1;")
    #expect(timeline.machine.claim() == claim)

    // Memory, all registers, and continuing backwards out of the branch.
    #expect(client.ask("M2000,4:00000007") == "OK")
    #expect(client.ask("m2000,4") == "00000007")
    #expect(client.ask("X2000,0:") == "")
    let registers = client.ask("g")
    #expect(client.ask("G" + registers) == "OK")
    #expect(client.ask("g") == registers)
    #expect(client.ask("m2000,4") == "00000007")
    client.ask("Z2,2000,4")
    #expect(client.ask("bc") == "T05watch:2000;thread:1;")
    #expect(client.step == 38)
    #expect(client.ask("m2000,4") == "0000000a")
    client.ask("z2,2000,4")
    #expect(client.ask("P8=" + value(9)) == "OK")
    #expect(client.monitor("goto 100").contains("what-if"))
    #expect(!client.monitor("goto 38").contains("what-if: changed"))
    #expect(client.ask("p8") == value(10))
    // A jump.
    #expect(client.ask("P25=" + value(0x1000)) == "OK")
    #expect(client.ask("s") == "T05thread:1;")
    #expect(client.ask("p25") == value(0x1004))
    #expect(client.ask("bc") == "T05replaylog:begin;thread:1;")
    #expect(client.step == 0)
    for packet in ["P8=01", "P8", "P99=" + value(1), "M2000,4:00", "M2000:00", "G00", "G"] {
      #expect(client.ask(packet) == "E01", "\(packet)")
    }
    for packet in ["P0=" + value(1), "P20=" + value(1)] {
      #expect(client.ask(packet).hasPrefix("E."), "\(packet)")
    }
    #expect(!client.monitor("when").contains("what-if"))
  }

  @Test("Breakpoints stop it in both directions", arguments: [.v1, .v5, .v8] as [StateVersion])
  func breakpoints(_ version: StateVersion) throws {
    let client = try DebugClient(version)
    #expect(client.ask("Z0,1008,4") == "OK")
    #expect(client.ask("c") == "T05thread:1;")
    #expect(client.step == 2)
    // A debugger steps over a breakpoint.
    #expect(client.ask("c") == "T05thread:1;")
    #expect(client.step == 2)
    #expect(client.monitor("goto 1000").hasPrefix("step 1000, thread 0, pc 0x1000"))
    #expect(client.ask("bc") == "T05thread:1;")
    #expect(client.step == 998)
    #expect(client.ask("bc") == "T05thread:1;")
    #expect(client.step == 994)
    #expect(client.ask("z0,1008,4") == "OK")
    #expect(client.ask("bc") == "T05replaylog:begin;thread:1;")
    #expect(client.step == 0)
    #expect(client.ask("bs") == "T05replaylog:begin;thread:1;")
  }

  @Test("Watchpoints stop it before an access, and after it on the way back")
  func watchpoints() throws {
    for version in [StateVersion.v5, .v8] {
      let client = try DebugClient(version)
      client.ask("vCont;s")
      #expect(client.ask("Z2,2000,4") == "OK")
      #expect(client.ask("c") == "T05watch:2000;thread:1;")
      #expect(client.step == 1)
      #expect(client.ask("s") == "T05watch:2000;thread:1;")
      client.ask("z2,2000,4")
      #expect(client.ask("s") == "T05thread:1;")
      client.ask("Z2,2000,1")
      #expect(client.ask("c") == "T05watch:2000;thread:1;")
      #expect(client.step == 5)
      client.ask("z2,2000,1")
      _ = client.monitor("goto 4000")
      client.ask("Z4,2003,1")
      #expect(client.ask("bc") == "T05awatch:2003;thread:1;")
      #expect(client.step == 3998)
      #expect(client.ask("bs") == "T05awatch:2003;thread:1;")
      #expect(client.step == 3998)
      client.ask("z4,2003,1")
      #expect(client.ask("bs") == "T05thread:1;")
      #expect(client.step == 3997)
      #expect(client.ask("Z2,2000,10001") == "E01")
      #expect(client.ask("Z9,2000,4") == "")
    }
  }

  @Test("Reads are watched")
  func readWatchpoint() throws {
    let image = MachineImage(
      .v8,
      code: [Assembly.nop, Assembly.nop, Assembly.immediate(0x23, rt: 9, 0x2004), Assembly.stop])
    let client = try DebugClient(.v8, image)
    client.ask("Z3,2004,4")
    #expect(client.ask("c") == "T05rwatch:2004;thread:1;")
    #expect(client.step == 2)
    client.ask("z3,2004,4")
    #expect(client.ask("c") == "T05thread:1;")
    #expect(client.step == 3)
    #expect(client.monitor("when").contains("break instruction"))
    client.ask("Z3,2004,4")
    #expect(client.ask("bc") == "T05rwatch:2004;thread:1;")
    #expect(client.step == 3)
  }

  @Test("Each step back of a thread undoes one of its steps forward")
  func threads() throws {
    for version in [StateVersion.v5, .v8] {
      let machine = try Fixtures.machine(RecordedRun(version: version, guest: "threads"))
      let client = DebugClient(Timeline(machine, interval: 20_000))
      // To where there are several threads.
      var step: UInt64 = 0
      while machine.state.threads.count < 3 {
        step += 20_000
        _ = client.monitor("goto \(step)")
      }
      let list = client.ask("qfThreadInfo").dropFirst().split(separator: ",")
      #expect(list.count == machine.state.threads.count)
      let extra = client.ask("qXfer:threads:read::0,ffff")
      #expect(extra.ranges(of: "<thread ").count == list.count)
      for number in list { #expect(client.ask("T\(number)") == "OK") }
      #expect(client.ask("Tffff") == "E01")
      let thread = list[0]
      client.ask("Hc\(thread)")
      var steps: [UInt64] = []
      var claims: [Bytes32] = []
      let waiting = client.ask("Hg\(list[1])")
      #expect(waiting == "OK")
      for _ in 0..<300 {
        // A thread that gave its turn away executes again later, and so does the state before.
        guard client.machine.state.activeThread.map({ "\($0.id + 1)" }) == String(thread),
          machine.isInstructionNext
        else {
          client.ask("s")
          continue
        }
        steps.append(client.step)
        claims.append(machine.claim())
        #expect(client.ask("s").hasSuffix("thread:\(thread);"))
        // The registers are that thread's, even if another one is active now.
        let number = UInt64(thread, radix: 16).map { $0 - 1 }
        let threads = machine.state.threads.left + machine.state.threads.right
        let pc = threads.first { $0.id == number }?.pc
        #expect(UInt64(client.ask("p25"), radix: 16) == pc)
      }
      #expect(steps.count > 100)
      for (step, claim) in zip(steps, claims).reversed() {
        while client.step > step {
          client.ask("Hc\(thread)")
          #expect(client.ask("bs") == "T05thread:\(thread);")
        }
        #expect(client.step == step)
        #expect(machine.claim() == claim)
      }
    }
  }

  @Test("A program that exits stops at its end, and goes back over system calls and pre-images")
  func oracle() throws {
    let machine = try Fixtures.machine(RecordedRun(version: .v8, guest: "oracle"))
    let vector = try Fixtures.vector(.v8, "oracle")
    let client = DebugClient(Timeline(machine, interval: 50_000))
    #expect(client.ask("c") == "T05replaylog:end;thread:1;")
    #expect(client.step == vector.steps)
    #expect(client.ask("c") == "T05replaylog:end;thread:1;")
    #expect(client.monitor("claim") == "\(vector.finalHash)\n")
    let hex = vector.finalWitness.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(client.monitor("witness") == "0x\(hex)\n")
    let calls = client.monitor("syscalls 3").split(separator: "\n")
    #expect(calls.count == 3)
    #expect(calls.last?.contains("exit_group(") == true)
    #expect(client.step == vector.steps)
    let preimages = client.monitor("preimages 100").split(separator: "\n")
    #expect(preimages.count > 2)
    #expect(client.monitor("hints 5").contains("step "))
    // Back over the first read of a pre-image.
    let first = preimages[0].split(separator: " ")[1].dropLast()
    let step = try #require(UInt64(first))
    _ = client.monitor("goto \(step + 1)")
    #expect(client.monitor("preimages").contains("\(first)"))
    #expect(client.ask("bs") == "T05thread:1;")
    #expect(client.step == step)
    #expect(client.monitor("preimages") == "none before step \(step)\n")
    let claim = machine.claim()
    #expect(client.ask("s") == "T05thread:1;")
    #expect(machine.claim() != claim)
    // The data of a step leaves the machine where it is.
    let here = client.step
    #expect(client.monitor("proof p.json") == "wrote p.json, of step \(here)\n")
    #expect(client.step == here)
    #expect(client.proofs["p.json"]?.step == here)
    #expect(client.proofs["p.json"]?.pre == machine.claim())
    #expect(client.monitor("proof p.json") == "error: p.json exists\n")
    #expect(client.monitor("snapshot s.bin.gz") == "wrote s.bin.gz\n")
    #expect(client.snapshots["s.bin.gz"] == here)
  }
}
