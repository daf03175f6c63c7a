import FalconetMachine
import FalconetTestSupport
import FalconetTrace
import Glibc
import Testing

/// The time that this process has used its processors for: what else they do does not count.
private struct ProcessorClock {
  func measure(_ body: () throws -> Void) rethrows -> Duration {
    let start = Self.now
    try body()
    return Self.now - start
  }

  private static var now: Duration {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}

@Suite("Bisections over a long trace")
struct BisectionTests {
  /// The guest comes from the folder that `FALCONET_GUESTS` names.
  private static let isPossible = isLongRun && getenv("FALCONET_GUESTS") != nil

  @Test(
    "Thirty questions over compute execute it at most twice, and are known after a restart",
    .enabled(if: isPossible, "takes long: Scripts/long-tests with --guests runs it"),
    arguments: 0..<4 as Range<UInt64>)
  func compute(_ seed: UInt64) throws {
    let folder = try TemporaryFolder()
    let recorded = try RecordedTrace(.v8, "compute")
    let length = recorded.vector.steps
    var random = SeededGenerator(seed: seed)
    let wanted = random.next() % length
    var asked: [TraceClaim] = []
    var trace: TraceProvider? = try TraceProvider(directory: folder.path, recorded.source)
    try trace?.bisect(to: wanted, depth: 30) { asked.append($0) }
    let executed = try #require(try trace?.status().executedSteps)
    #expect(executed <= 2 * length)
    let ends = recorded.claims.filter { claim in asked.contains { $0.index == claim.index } }
    for (index, claim) in ends { #expect(try trace?.claim(at: index).claim == claim) }

    trace = nil
    trace = try TraceProvider(directory: folder.path, recorded.source)
    let clock = ProcessorClock()
    var slowest = Duration.zero
    for answer in asked {
      var again: TraceClaim?
      slowest = max(slowest, try clock.measure { again = try trace?.claim(at: answer.index) })
      #expect(again == answer)
    }
    let step = try clock.measure { _ = try trace?.step(at: wanted) }
    #expect(slowest < .milliseconds(10) && step < .milliseconds(10))
    #expect(try trace?.status().executedSteps == 0)
    print(
      "compute, step \(wanted): \(Double(executed) / Double(length)) of the trace executed; answers"
        + " from the folder: claims within \(slowest), step data in \(step)")
  }

  @Test("A provider for each question executes a trace little more than once")
  func restarted() throws {
    let folder = try TemporaryFolder()
    let recorded = try RecordedTrace(.v8, "threads")
    let wanted = recorded.vector.steps / 3
    var (low, high) = (UInt64(0), UInt64(1) << 25)
    var executed: UInt64 = 0
    let options = TraceOptions(snapshotInterval: 2_000_000)
    while high - low > 1 {
      let middle = (low + high) / 2
      let trace = try TraceProvider(directory: folder.path, recorded.source, options)
      _ = try trace.claim(at: middle - 1)
      executed += try trace.status().executedSteps
      if middle <= wanted { low = middle } else { high = middle }
    }
    #expect(executed <= 2 * recorded.vector.steps)
  }
}
