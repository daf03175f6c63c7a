import FalconetMachine
import FalconetOracle
import FalconetSystem
import FalconetTestSupport
import Keccak
import Testing

@Suite struct ServerFailureTests {
  @Test(
    arguments: [
      ([], .emptyCommand), ([""], .emptyCommand),
      (["no-such-program-anywhere"], .notFound), (["/no/such/program"], .notFound),
      (["/dev/null/x"], .notFound), (["/dev/null"], .notExecutable), (["/tmp"], .notExecutable),
    ] as [([String], ProcessStartError.Kind)])
  func `A command that can't be started is an error at once`(
    command: [String], kind: ProcessStartError.Kind
  ) {
    let error = failure { () throws(ProcessStartError) in
      _ = try ServerOracle(command: command) { _, _ in }
    }
    #expect(error?.kind == kind)
    #expect(error?.program == command.first ?? "")
  }

  @Test(arguments: [0, 1, 42] as [Int32])
  func `A server that ends at its start is noticed with its code`(code: Int32) throws {
    let server = try startServer("exit", "\(code)")
    let error = rejection(by: server, for: key(2))
    #expect(error?.kind == .disconnected)
    #expect(error?.key == key(2))
    #expect(error?.message.contains("exited with code \(code)") == true)
    #expect(server.shutdown().status == .exited(code: code))
  }

  @Test func `A hint to a server that has ended is an error, not a signal`() throws {
    let server = try startServer("exit", "1")
    #expect(eventually { server.exitStatus != nil })
    for _ in 0..<3 {
      let error = failure { () throws(PreimageError) in try server.hint([1, 2, 3]) }
      #expect(error?.kind == .disconnected)
      #expect(error?.lastHint == [1, 2, 3])
    }
  }

  @Test(arguments: [
    ("mid-answer", "100", "10 of the 100 bytes", "exited with code 3"),
    ("mid-answer", "1073741824", "10 of the 1073741824 bytes", "exited with code 3"),
    ("mid-length", "", "3 bytes of a length", "exited with code 0"),
    ("killed", "", "without a pre-image", "killed by signal 9"),
  ])
  func `A server that dies on the way is noticed with how far it came`(
    mode: String, argument: String, progress: String, status: String
  ) throws {
    let server = try startServer(mode, argument)
    let error = rejection(by: server, for: key(4))
    #expect(error?.kind == .disconnected)
    #expect(error?.message.contains(progress) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains(status) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: [UInt64(1 << 30) + 1, 1 << 32, 1 << 63, .max])
  func `An absurd length is refused before any memory is taken`(size: UInt64) throws {
    let server = try startServer("absurd", "\(size)")
    let error = rejection(by: server, for: key(2))
    #expect(error?.kind == .wrong)
    #expect(error?.message.contains("\(size) bytes") == true)
  }

  @Test(arguments: ["stall", "stall-mid"])
  func `A stall is noticed, and named with key and last hint`(mode: String) throws {
    let output = Output()
    let server = try startServer(mode, timeout: .seconds(5), output: output)
    #expect(eventually { output.text().contains("ready") })
    if mode == "stall" {
      try server.hint(Array("fetch this".utf8))
      _ = try server.preimage(for: key(2))
    }
    var stalled: PreimageError?
    let time = elapsed { stalled = rejection(by: server, for: key(4)) }
    #expect(stalled?.kind == .stalled)
    #expect(stalled?.key == key(4))
    #expect(stalled?.message.contains("5 seconds") == true)
    if mode == "stall" { #expect(stalled?.description.contains("\"fetch this\"") == true) }
    #expect(time >= .seconds(5))
  }

  @Test func `A hint without acknowledgement is a stall`() throws {
    let server = try startServer("stall-hint", timeout: .milliseconds(300), grace: .hasty)
    let error = failure { () throws(PreimageError) in try server.hint(Array("h".utf8)) }
    #expect(error?.kind == .stalled)
    #expect(error?.key == nil)
    #expect(error?.lastHint == Array("h".utf8))
    #expect(error?.message.contains("0.3 seconds") == true)
  }

  @Test func `A server that doesn't read a long hint is a stall`() throws {
    let server = try startServer("deaf", timeout: .milliseconds(300), grace: .hasty)
    let error = failure { () throws(PreimageError) in
      try server.hint([UInt8](repeating: 1, count: 1 << 20))
    }
    #expect(error?.kind == .stalled)
  }

  @Test func `A server that closes its channels and stays is noticed`() throws {
    let output = Output()
    let server = try startServer("close", grace: .hasty, output: output)
    #expect(eventually { output.text().contains("closed") })
    let error = rejection(by: server, for: key(2))
    #expect(error?.kind == .disconnected)
    #expect(error?.message.contains("closed its channel") == true)
    #expect(failure { () throws(PreimageError) in try server.hint([1]) }?.kind == .disconnected)
  }

  @Test func `A server that ends is noticed though its child holds the channels open`() throws {
    let server = try startServer("grandchild", grace: .hasty)
    var ended: PreimageError?
    let time = elapsed { ended = rejection(by: server, for: key(2)) }
    #expect(ended?.kind == .disconnected)
    #expect(ended?.message.contains("exited with code 4") == true)
    #expect(time < .seconds(300))
  }

  @Test(arguments: 0..<24)
  func `Bytes without sense end in a pre-image or an error`(seed: Int) throws {
    let server = try startServer("garbage", "\(seed)", timeout: .seconds(600))
    do throws(PreimageError) {
      let preimage = try server.preimage(for: key(5))
      #expect(preimage.count <= 32)
    } catch {
      #expect(error.kind == .disconnected || error.kind == .wrong, "\(error)")
    }
    #expect(server.shutdown().ending == .byItself)
  }

  @Test func `After a failure every request fails with the first error`() throws {
    let server = try startServer("stall-mid", timeout: .milliseconds(300))
    let first = rejection(by: server, for: key(4))
    let second = rejection(by: server, for: key(5))
    #expect(first?.kind == .stalled)
    #expect(second?.key == key(4))
    #expect(failure { () throws(PreimageError) in try server.hint([]) }?.key == key(4))
  }

  @Test func `After a shutdown every request fails`() throws {
    let server = try startServer("echo")
    _ = try server.preimage(for: key(2))
    server.shutdown()
    #expect(rejection(by: server, for: key(2))?.kind == .disconnected)
    #expect(failure { () throws(PreimageError) in try server.hint([]) }?.kind == .disconnected)
  }
}
