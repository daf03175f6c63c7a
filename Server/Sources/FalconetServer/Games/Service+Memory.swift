import CFalconetServer
import Falconet
import Logging

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Service {
  /// Holds the memory limit while questions are answered, on a thread of its own.
  func watchMemory() {
    while !isStopping {
      usleep(50_000)
      holdMemoryLimit()
    }
  }

  /// Drops answers that had their time, and closes idle traces, the one that was asked longest ago first. If that is
  /// not enough, the question with the largest machine ends.
  func holdMemoryLimit() {
    let limit = limits.memory
    guard residentBytes() > limit else { return }
    dropFinished(all: true)
    falconet_server_trim()
    guard residentBytes() > limit else { return }
    let idle = games.filter { $0.isOpen && !$0.isBusy }.sorted { $0.lastServed < $1.lastServed }
    for game in idle {
      guard game.close() != nil else { continue }
      countEviction()
      falconet_server_trim()
      if residentBytes() <= limit { return }
    }
    let running = scheduler.running
    // What one of them frees shows once it has ended.
    guard running.allSatisfy({ $0.cancelled == nil }) else { return }
    let sizes = running.map { ($0, $0.game.trace?.memorySize ?? 0) }
    guard let largest = sizes.max(by: { $0.1 < $1.1 })?.0 else { return }
    logger.error(
      "the memory limit ends a question",
      metadata: [
        "game": "\(largest.game.id)", "limit": "\(limit)",
        "remedy": "raise limits.memory, or lower limits.cores",
      ])
    countMemoryStop()
    largest.cancel(Self.memoryError(limit))
  }

  static func memoryError(_ limit: UInt64) -> ServiceError {
    .full(
      "the question needs more memory than limits.memory leaves, \(limit) bytes for all",
      remedy: "ask again when other games are idle, or raise limits.memory")
  }
}
