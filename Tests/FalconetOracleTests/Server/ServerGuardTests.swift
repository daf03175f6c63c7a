import FalconetMachine
import FalconetOracle
import FalconetSystem
import FalconetTestSupport
import Glibc
import Testing

/// That no server outlives the process that started it, whatever the system has to see to that.
@Suite struct ServerGuardTests {
  /// Systems, by what they lack.
  static let systems: [ProcessSpawner.MissingMeans] = [
    [], .guardProgram, .processDescriptor, .closeRange,
    [.guardProgram, .processDescriptor, .closeRange],
  ]

  /// A shell with children of its own, of which one ignores what it can, and one has a child itself.
  static let family = [
    "sh", "-c",
    "sleep 600 & (trap '' TERM INT HUP; sleep 600; sleep 600) & sh -c 'sleep 600 & wait' & echo up; wait",
  ]

  /// Starts a server that has children, waits for them, and tells its group on standard output.
  private static func announce(
    without missing: ProcessSpawner.MissingMeans
  ) throws -> ServerOracle {
    let output = Output()
    let server = try ServerOracle(
      command: family, options: .init(grace: .hasty), without: missing
    ) {
      output.take($0, $1)
    }
    try #require(eventually { output.text() == "up\n" })
    print("group \(server.processID) guard \(server.guardian.id)")
    fflush(nil)
    return server
  }

  /// The numbers after a word in what a process printed.
  private static func numbers(_ word: String, in output: [UInt8]) -> [pid_t] {
    let words = String(decoding: output, as: UTF8.self).split { $0.isWhitespace }
    return zip(words, words.dropFirst()).filter { $0.0 == word }.compactMap { pid_t($0.1) }
  }

  private static func isGone(_ group: pid_t) -> Bool {
    TemporaryFolder.names(in: "/proc").compactMap { pid_t($0) }.allSatisfy { process in
      guard isRunning(process), let status = TemporaryFolder.contents("/proc/\(process)/stat")
      else { return true }
      let fields = String(decoding: status, as: UTF8.self).split(separator: ")").last?
        .split(separator: " ")
      return fields.map { $0.count < 3 || pid_t($0[2]) != group } ?? true
    }
  }

  @Test func `Whole groups end with a process that is killed, one for each server`() async throws {
    let ended = await #expect(
      processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
    ) {
      // A server of each kind of system, and one that ends properly before.
      let first = try Self.announce(without: [])
      let servers = try Self.systems.map { try Self.announce(without: $0) }
      first.shutdown()
      kill(getpid(), SIGKILL)
      _ = servers
    }
    let output = try #require(ended).standardOutputContent
    let groups = Self.numbers("group", in: output)
    #expect(groups.count == Self.systems.count + 1)
    for group in groups { #expect(eventually { Self.isGone(group) }, "\(group)") }
    for guardian in Self.numbers("guard", in: output) {
      #expect(eventually { !isRunning(guardian) })
    }
  }

  @Test(arguments: systems)
  func `A server, and a machine that asks it, go on after the thread that started it`(
    _ missing: ProcessSpawner.MissingMeans
  ) throws {
    let box = Box(missing)
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        let box = Unmanaged<Box>.fromOpaque(argument!).takeUnretainedValue()
        box.server = try? startServer("echo", without: box.missing)
        return nil
      }, Unmanaged.passUnretained(box).toOpaque())
    try #require(status == 0)
    pthread_join(thread, nil)
    let server = try #require(box.server)
    // Longer than the guard takes.
    pause(.milliseconds(1500))
    #expect(server.exitStatus == nil)
    #expect(try server.preimage(for: key(2)) == key(2).bytes)
    #expect(server.shutdown().isClean)
    #expect(!isUnreapedChild(server.guardian.id))
  }

  private final class Box {
    let missing: ProcessSpawner.MissingMeans
    var server: ServerOracle?

    init(_ missing: ProcessSpawner.MissingMeans) { self.missing = missing }
  }

  @Test(arguments: systems)
  func `The guard is in the server's group and holds no stream of the server's`(
    _ missing: ProcessSpawner.MissingMeans
  ) throws {
    let server = try startServer("echo", without: missing)
    let guardian = server.guardian
    _ = try server.preimage(for: key(2))
    #expect(getpgid(guardian.id) == server.processID)
    #expect(count(in: "/proc/\(guardian.id)/fd") == 2)
    #if arch(x86_64) || arch(arm64)
      #expect(guardian.isSmall == !missing.contains(.guardProgram))
    #else
      #expect(!guardian.isSmall)
    #endif
    if guardian.isSmall {
      let size = TemporaryFolder.contents("/proc/\(guardian.id)/statm") ?? []
      let pages = String(decoding: size, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
      #expect(pages.count > 1 && pages[1] < 64)
    }
    #expect(server.shutdown().isClean)
    #expect(!isUnreapedChild(guardian.id))
    #expect(!isRunning(guardian.id))
  }

  @Test(arguments: systems)
  func `A signal to the server's group leaves the guard`(
    _ missing: ProcessSpawner.MissingMeans
  ) throws {
    let server = try startServer("until-interrupt", grace: .hasty, without: missing)
    _ = try server.preimage(for: key(2))
    for signal in [SIGTERM, SIGHUP, SIGINT, SIGUSR1] {
      kill(server.guardian.id, signal)
    }
    #expect(isRunning(server.guardian.id))
    server.shutdown()
  }

  @Test(arguments: systems)
  func `A guard that was killed stops nothing`(_ missing: ProcessSpawner.MissingMeans) throws {
    let server = try startServer("echo", without: missing)
    kill(server.guardian.id, SIGKILL)
    #expect(try server.preimage(for: key(2)) == key(2).bytes)
    #expect(server.shutdown().isClean)
    #expect(!isUnreapedChild(server.guardian.id))
  }

  // In a process of its own, which has no other children.
  @Test func `A program that cannot be started leaves no guard`() async {
    await #expect(processExitsWith: .success) {
      for missing in Self.systems {
        #expect(throws: ProcessStartError.self) {
          try ServerOracle(
            command: ["/nowhere/server"], options: .init(), without: missing, onOutput: { _, _ in })
        }
        #expect(waitpid(-1, nil, WNOHANG) == -1 && errno == ECHILD)
      }
    }
  }
}
