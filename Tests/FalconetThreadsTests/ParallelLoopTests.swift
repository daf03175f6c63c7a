import FalconetThreads
import Glibc
import Synchronization
import Testing

@Suite("Loops on several threads")
struct ParallelLoopTests {
  @Test("Every turn is done once, whatever the number of threads", arguments: [1, 2, 3, 16, 100])
  func everyTurn(threads: Int) {
    for count in [0, 1, 2, 7, 1000] {
      let done = Mutex([Int](repeating: 0, count: count))
      ParallelLoop.run(count, threads: threads) { turn, thread in
        #expect((0..<threads).contains(thread))
        done.withLock { $0[turn] += 1 }
      }
      #expect(done.withLock { $0.allSatisfy { $0 == 1 } })
    }
  }

  @Test("No two turns of one thread's number overlap")
  func threadNumbers() {
    let busy = (0..<8).map { _ in Busy() }
    ParallelLoop.run(10_000, threads: busy.count) { _, thread in
      #expect(busy[thread].flag.exchange(true, ordering: .acquiring) == false)
      busy[thread].flag.store(false, ordering: .releasing)
    }
  }

  private final class Busy: Sendable { let flag = Atomic(false) }

  @Test("Results come in the order of the items")
  func order() {
    #expect(ParallelLoop.map(Array(0..<5000)) { $0 * 2 } == (0..<5000).map { $0 * 2 })
  }

  @Test("Parts cover all of the work, none smaller than the least")
  func parts() {
    for (count, threads) in [(0, 4), (5, 4), (100, 3), (101, 16)] {
      let ranges = ParallelLoop.ranges(of: count, least: 10, threads: threads)
      #expect(ranges.flatMap(Array.init) == Array(0..<count))
      if ranges.count > 1 { #expect(ranges.allSatisfy { $0.count >= 10 }) }
    }
  }
}

@Suite("Work in the background")
struct BackgroundWorkTests {
  @Test("Pieces are done one after the other, and waited for")
  func inOrder() {
    let work = BackgroundWork()
    let seen = Seen()
    for number in 0..<100 { work.start { seen.numbers.withLock { $0.append(number) } } }
    work.wait()
    #expect(seen.numbers.withLock { $0 } == Array(0..<100))
  }

  private final class Seen: Sendable { let numbers = Mutex<[Int]>([]) }

  @Test("A background thread takes no signals")
  func noSignals() throws {
    let seen = Seen()
    let thread = try #require(
      BackgroundThread {
        var set = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &set)
        let blocked = [SIGINT, SIGTERM, SIGHUP, SIGUSR1].filter { sigismember(&set, $0) == 1 }
        seen.numbers.withLock { $0 = blocked.map { Int($0) } }
      })
    thread.join()
    #expect(seen.numbers.withLock { $0.count } == 4)
  }
}
