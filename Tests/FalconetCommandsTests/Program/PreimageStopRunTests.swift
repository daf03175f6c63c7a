import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Runs that stop at a read of a pre-image")
struct PreimageStopRunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Runs guest `oracle` with its pre-images; gives the outcome and the last state.
  private func run(_ arguments: String...) throws -> (outcome: Outcome, state: JSONValue) {
    let outcome = try Tool.run(
      Guest.run("oracle") + ["--preimages", Guest.preimages()] + arguments, in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    return (outcome, try witness(folder.file("out.bin.gz")))
  }

  /// The key that a state's witness has, and the offset that the next read starts at.
  private func key(_ state: JSONValue) throws -> (key: Substring, offset: UInt64?) {
    let witness = try #require(state["witness"]?.string).dropFirst(2)
    return (witness.dropFirst(64).prefix(64), UInt64(witness.dropFirst(128).prefix(16), radix: 16))
  }

  private func step(_ state: JSONValue) throws -> UInt64 {
    guard case .number(let step) = state["step"] else { throw ToolError("no step in \(state)") }
    return step
  }

  @Test(
    "At a first read of a type of key",
    arguments: [("local", "01"), ("sha256", "04"), ("any", "01")])
  func type(_ type: String, _ prefix: String) throws {
    let (outcome, state) = try run("--stop-at-preimage-type", type)
    #expect(outcome.lines(with: "msg=\"Stopping at preimage read\"").count == 1)
    #expect(state["exited"] == .bool(false))
    let read = try key(state)
    #expect(read.key.hasPrefix(prefix))
    // The length prefix was read.
    #expect(read.offset == 8)
    // A stop there by its step, with all proofs on the way or not, gives the same state.
    let again = try run("--stop-at", "=\(try step(state))")
    #expect(again.state == state)
  }

  @Test("The read's step is the last one, which may be proved")
  func proved() throws {
    let (_, state) = try run("--stop-at-preimage-type", "sha256")
    let last = try step(state) - 1
    let again = try run("--stop-at-preimage-type", "sha256", "--proof-at", "=\(last),=\(last + 1)")
    #expect(again.state == state)
    #expect(folder.names == ["out.bin.gz", "proof-\(last).json"])
    let proof = try JSONValue(try folder.decompressed("proof-\(last).json"))
    #expect(proof["post"] == state["witnessHash"])
    #expect(proof["oracle-key"]?.string?.hasPrefix("0x04") == true)
    #expect(proof["oracle-offset"] == nil)
  }

  @Test("At a key, an offset, and not before a step")
  func keyOffsetStep() throws {
    let first = try run("--stop-at-preimage", "0x04").state
    let second = try run("--stop-at-preimage", "4@8").state
    #expect(try key(second).key == key(first).key)
    #expect(try key(second).offset == 16)
    #expect(try step(second) > step(first))
    let third = try run("--stop-at-preimage", "04@0@\(try step(first))").state
    #expect(try key(third).key != key(first).key)
    #expect(try key(third).offset == 8)
  }

  @Test("A read before the step given doesn't stop the run later, at an event without a read")
  func staleRead() throws {
    let key = "01" + String(repeating: "0", count: 61) + "1"
    let next = try step(run("--stop-at-preimage", key).state)
    let (outcome, state) = try run(
      "--stop-at-preimage", "\(key)@0@\(next)", "--info-at", "=\(next + 2)", "--proof-at",
      "=\(next + 4)")
    #expect(outcome.lines(with: "Stopping at preimage read") == [])
    #expect(state["exited"] == .bool(true))
  }

  @Test("At a pre-image above a size")
  func size() throws {
    let sizes = try Fixtures.preimages("oracle-valid").values.map(\.count).sorted()
    let largest = try #require(sizes.last)
    let (outcome, state) = try run("--stop-at-preimage-larger-than", "\(largest + 7)")
    #expect(outcome.lines(with: "Stopping at preimage read", "size=\(largest + 8)").count == 1)
    #expect(state["exited"] == .bool(false))
    let never = try run("-stop-at-preimage-larger-than", "0x\(String(largest + 8, radix: 16))")
    #expect(never.state["exited"] == .bool(true))
  }
}
