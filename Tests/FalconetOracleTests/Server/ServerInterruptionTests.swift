import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Synchronization
import Testing

/// What ``ServerOracle/Options/isInterrupted`` stops: for programs that leave signals alone.
@Suite struct ServerInterruptionTests {
  /// The wish that a run stops, from some time on; it counts how often it was asked for.
  private final class Wish: Sendable {
    let asked = Atomic<Int>(0)
    private let start: SuspendingClock.Instant

    init(after time: Duration) { start = SuspendingClock().now.advanced(by: time) }

    func isMade() -> Bool {
      asked.wrappingAdd(1, ordering: .relaxed)
      return SuspendingClock().now >= start
    }
  }

  private func start(_ mode: String, _ wish: Wish) throws -> ServerOracle {
    try ServerOracle(
      command: ["python3", serverScript, mode],
      options: .init(
        timeout: .seconds(30), grace: .standard, hurriedGrace: .hasty,
        isInterrupted: { wish.isMade() })
    ) { _, _ in }
  }

  @Test(arguments: ["stall-hint", "stall-mid", "deaf"])
  func `A wait for a server that stalls ends at the wish`(mode: String) throws {
    let wish = Wish(after: .seconds(1))
    let server = try start(mode, wish)
    var error: PreimageError?
    let time = elapsed {
      error = failure { () throws(PreimageError) in
        if mode == "stall-mid" {
          _ = try server.preimage(for: key(4))
        } else {
          try server.hint([UInt8](repeating: 1, count: mode == "deaf" ? 1 << 20 : 1))
        }
      }
    }
    #expect(error?.kind == .interrupted)
    // It was asked on the way.
    #expect(wish.asked.load(ordering: .relaxed) >= 3)
    #expect(time < .seconds(10))
    let shutdown = elapsed { server.shutdown() }
    #expect(shutdown < .seconds(10))
  }

  @Test func `A wish hurries the shutdown of a server that answered`() throws {
    let wish = Wish(after: .seconds(5))
    let server = try start("stubborn", wish)
    #expect(try server.preimage(for: key(2)) == key(2).bytes)
    var report: ShutdownReport?
    let time = elapsed { report = server.shutdown() }
    #expect(report?.ending == .afterKill)
    #expect(time < .seconds(20))
  }
}
