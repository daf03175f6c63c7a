import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Keccak
import Testing

@Suite struct ServerRequestTests {
  @Test func `A server's pre-images are its folder's`() throws {
    let server = try startServer("folder", validFolder)
    let folder = try DirectoryOracle(path: validFolder)
    var oracle = CheckedOracle(server)
    let listing = try #require(Bytes32(hex: "04" + listingHash.dropFirst(2)))
    for key in [listing, PreimageKey.local(1), PreimageKey.local(2), listing] {
      #expect(try oracle.preimage(for: key) == folder.preimage(for: key))
    }
    let report = server.shutdown()
    #expect(report == ShutdownReport(status: .exited(code: 0), ending: .byItself))
    #expect(report.isClean)
  }

  @Test func `Hints arrive framed and in order, empty and long ones too`() throws {
    let folder = try TemporaryFolder()
    let server = try startServer("hints", folder.file("log"))
    var generator = SeededGenerator(seed: 3)
    var expected: [UInt8] = []
    // The longest is more than a pipe holds.
    for size in [0, 1, 4, 255, 256, 65_535, 65_536, 300_000] {
      let hint = generator.bytes(size)
      try server.hint(hint)
      expected += (0..<4).map { UInt8(size >> (24 - 8 * $0) & 255) } + hint
    }
    server.shutdown()
    #expect(folder.read("log") == expected)
  }

  @Test func `Pre-images of all sizes arrive whole`() throws {
    let server = try startServer("sized")
    for size in [0, 1, 7, 8, 9, 4096, 65_528, 65_536, 65_537, 200_000] {
      let preimage = try server.preimage(for: PreimageKey.local(UInt64(size)))
      #expect(preimage == (0..<size).map { UInt8($0 * 7 & 255) })
    }
  }

  @Test func `A pre-image of 5 MB arrives whole`() throws {
    let server = try startServer("big", "\(5 << 20)")
    let preimage = try server.preimage(for: key(2))
    #expect(preimage.count == 5 << 20)
    #expect(preimage.indices.allSatisfy { preimage[$0] == UInt8($0 & 255) })
  }

  @Test func `Output in plenty neither blocks the server nor gets lost`() throws {
    let output = Output()
    let server = try startServer("noisy", output: output)
    #expect(try server.preimage(for: key(2)) == key(2).bytes)
    server.shutdown()
    #expect(output.bytes(.standardOutput) == [UInt8](repeating: 0x6F, count: 3_200_000))
    #expect(output.bytes(.standardError) == [UInt8](repeating: 0x65, count: 3_200_000))
  }

  @Test func `Bytes that trickle in keep a request alive`() throws {
    let output = Output()
    let server = try startServer("drip", timeout: .seconds(3), output: output)
    #expect(eventually { output.text().contains("ready") })
    // 40 bytes in steps of 100 ms: longer than the timeout.
    #expect(try server.preimage(for: key(5)) == key(5).bytes)
  }

  @Test func `A lie is found by the check, and if nothing can be checked it passes`() throws {
    let server = try startServer("lie")
    let error = rejection(by: CheckedOracle(server), for: key(2))
    #expect(error?.kind == .wrong)
    #expect(
      error?.message.contains(PreimageKey.keccak256(of: Array("a lie".utf8)).description) == true)
    #expect(try server.preimage(for: PreimageKey.local(1)) == Array("a lie".utf8))
  }

  @Test func `Many requests in a row are answered each with its own`() throws {
    let server = try startServer("echo")
    for index in 0..<2000 as Range<UInt64> {
      #expect(try server.preimage(for: PreimageKey.local(index)) == PreimageKey.local(index).bytes)
    }
  }
}
