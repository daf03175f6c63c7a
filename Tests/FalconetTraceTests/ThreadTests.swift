import Dispatch
import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import FalconetTrace
import Glibc
import Keccak
import Testing

@Suite("Traces asked by several threads at once")
struct ThreadTests {
  /// Runs on a thread of its own, which may block.
  private func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) -> Shared<Result<Value, any Error>?> {
    let result = Shared<Result<Value, any Error>?>(nil)
    DispatchQueue(label: "asking").async { result.value = Result(catching: body) }
    return result
  }

  /// A source that, once told, waits to be let go on before it answers.
  private struct WaitingSource: PreimageOracle {
    var source: any PreimageOracle
    let isWaiting: Shared<Bool>
    let mayGo: Shared<Bool>

    mutating func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
      isWaiting.value = true
      while !mayGo.value { usleep(1_000) }
      return try source.preimage(for: key)
    }

    mutating func hint(_ hint: [UInt8]) throws(PreimageError) { try source.hint(hint) }
  }

  @Test("A corrupt file is quarantined by the thread that answers alone")
  func damagedStep() throws {
    let folder = try TemporaryFolder()
    let (isWaiting, mayGo) = (Shared(false), Shared(true))
    let source = FailingSource(try Fixtures.preimages("oracle-valid"))
    let recorded = try RecordedTrace(.v8, "oracle") { () throws(PreimageError) in
      WaitingSource(source: try source.open(), isWaiting: isWaiting, mayGo: mayGo)
    }
    let trace = try TraceProvider(directory: folder.file("t"), recorded.source)
    let right = try trace.step(at: 7)
    let file = try #require(folder.read("t/proofs/7.json.gz"))
    try folder.write("garbage", to: "t/proofs/7.json.gz")
    mayGo.value = false
    let end = run { try trace.lastStep() }
    #expect(eventually { isWaiting.value })
    let steps = (0..<2).map { _ in run { try trace.step(at: 7) } }
    usleep(200_000)
    #expect(trace.incidents == [])
    #expect(folder.read("t/proofs/7.json.gz") == Array("garbage".utf8))
    mayGo.value = true
    #expect(eventually { end.value != nil && steps.allSatisfy { $0.value != nil } })
    for step in steps { #expect(try step.value?.get() == right) }
    #expect(try end.value?.get().claim == recorded.vector.finalHash)
    #expect(trace.incidents.map(\.path) == [folder.file("t/proofs/7.json.gz")])
    #expect(folder.read("t/proofs/7.json.gz") == file)
  }

  @Test("A known claim does not wait for another to be written")
  func slowDisk() throws {
    let folder = try TemporaryFolder()
    let recorded = try RecordedTrace(.v8, "hello")
    let trace = try TraceProvider(directory: folder.path, recorded.source)
    let known = try trace.claim(at: 100)
    // Opening a pipe takes until someone reads it.
    #expect(rename(folder.file("claims.log"), folder.file("log")) == 0)
    #expect(mkfifo(folder.file("claims.log"), 0o644) == 0)
    let other = run { try trace.claim(at: 200) }
    usleep(200_000)
    let answer = run { try trace.claim(at: 100) }
    #expect(eventually { answer.value != nil })
    #expect(try answer.value?.get() == known)
    #expect(other.value == nil)
    let reader = open(folder.file("claims.log"), O_RDONLY | O_NONBLOCK)
    #expect(eventually { other.value != nil })
    close(reader)
    #expect(throws: TraceError.self) { try other.value?.get() }
    #expect(rename(folder.file("log"), folder.file("claims.log")) == 0)
    for (index, claim) in recorded.claims { #expect(try trace.claim(at: index).claim == claim) }
  }
}
