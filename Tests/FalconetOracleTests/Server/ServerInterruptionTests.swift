import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetTestSupport
import Synchronization
import Testing

/// What ``ServerOracle/Options/cancellation`` stops: for programs that leave signals alone.
@Suite struct ServerInterruptionTests {
  /// The wish that a run stops: made once it has been asked for a few times, as happens while
  /// something waits.
  private final class Wish: Sendable {
    private static let never = Int.min / 2
    private let asked: Atomic<Int>

    init(isArmed: Bool = true) { asked = Atomic(isArmed ? 0 : Self.never) }

    func arm() { asked.store(0, ordering: .relaxed) }

    var isMade: Bool { asked.load(ordering: .relaxed) >= 4 }

    func ask() -> Bool { asked.wrappingAdd(1, ordering: .relaxed).newValue >= 4 }
  }

  private func start(_ mode: String, _ wish: Wish) throws -> ServerOracle {
    try ServerOracle(
      command: ["python3", serverScript, mode],
      options: .init(
        timeout: .seconds(600), grace: .test, hurriedGrace: .hasty,
        cancellation: Cancellation { wish.ask() })
    ) { _, _ in }
  }

  @Test(arguments: ["stall-hint", "stall-mid", "deaf"])
  func `A wait for a server that stalls ends at the wish`(mode: String) throws {
    let wish = Wish()
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
    #expect(wish.isMade)
    #expect(time < .seconds(300))
    let shutdown = elapsed { server.shutdown() }
    #expect(shutdown < .seconds(300))
  }

  @Test func `A wish hurries the shutdown of a server that answered`() throws {
    let wish = Wish(isArmed: false)
    let server = try start("stubborn", wish)
    #expect(try server.preimage(for: key(2)) == key(2).bytes)
    wish.arm()
    var report: ShutdownReport?
    let time = elapsed { report = server.shutdown() }
    #expect(report?.ending == .afterKill)
    #expect(time < .seconds(300))
  }

  @Test func `A request ends a wait, and the shutdown after it is short`() throws {
    let request = CancellationRequest()
    let server = try startServer(
      "stall-hint", timeout: nil, grace: .hasty, cancellation: request.cancellation)
    // Another server's wait goes on.
    let other = CancellationRequest()
    let neighbour = try startServer("echo", cancellation: other.cancellation)
    let asker = Aside(after: 200) { request.make() }
    var error: PreimageError?
    let time = elapsed { error = failure { () throws(PreimageError) in try server.hint([1]) } }
    #expect(asker.wait())
    #expect(error?.kind == .interrupted)
    #expect(time < .seconds(300))
    #expect(try neighbour.preimage(for: key(2)) == key(2).bytes)
  }

  @Test func `A request during a shutdown shortens it`() throws {
    let request = CancellationRequest()
    let server = try ServerOracle(
      command: ["python3", serverScript, "stubborn"],
      options: .init(grace: .test, hurriedGrace: .hasty, cancellation: request.cancellation)
    ) { _, _ in }
    _ = try server.preimage(for: key(2))
    let start = SuspendingClock.now
    let asker = Aside(after: 300) { request.make() }
    let report = server.shutdown()
    let time = SuspendingClock.now - start
    #expect(asker.wait())
    #expect(report.ending == .afterKill)
    #expect(time >= .milliseconds(300) && time < .seconds(300))
  }

  @Test func `A request of a run that was cancelled before doesn't wait`() throws {
    let request = CancellationRequest(hasDescriptor: false)
    let server = try startServer(
      "stall-hint", timeout: nil, grace: .hasty, cancellation: request.cancellation)
    request.make()
    let error = failure { () throws(PreimageError) in try server.hint([1]) }
    #expect(error?.kind == .interrupted)
  }
}
