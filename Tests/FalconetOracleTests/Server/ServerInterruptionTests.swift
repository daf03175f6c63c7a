import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Synchronization
import Testing

/// What ``ServerOracle/Options/isInterrupted`` stops: for programs that leave signals alone.
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
        timeout: .seconds(600), grace: .test, hurriedGrace: .hasty, isInterrupted: { wish.ask() })
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
}
