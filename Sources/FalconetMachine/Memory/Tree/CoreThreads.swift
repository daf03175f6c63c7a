import Glibc

/// Does one large job on several cores: threads made for it, and joined before it is done. A job of
/// milliseconds is worth them; nothing is kept between jobs.
///
/// Soundness: each thread gets a closure that the caller declares safe to call from several threads
/// at once, retained for it and released by it; the closure does not escape, since all threads are
/// joined before ``run(parts:_:)`` returns.
enum CoreThreads {
  /// No job of ours gets faster with more.
  private static let limit = 16

  private final class Part {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }

  /// The cores that a job is split over: the host's, at most 16.
  static let count = min(HostCores.count, limit)

  /// Calls `body` with 0, 1, ... below `parts`, at the same time as far as the system allows.
  static func run(parts: Int, _ body: @Sendable (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var threads: [pthread_t] = []
      for number in stride(from: 1, to: parts, by: 1) {
        let part = Unmanaged.passRetained(Part { body(number) })
        var thread = pthread_t()
        let code = pthread_create(
          &thread, nil,
          { argument in
            if let argument { Unmanaged<Part>.fromOpaque(argument).takeRetainedValue().run() }
            return nil
          }, part.toOpaque())
        if code == 0 {
          threads.append(thread)
        } else {
          // No thread to be had: the job takes longer.
          part.takeRetainedValue().run()
        }
      }
      if parts > 0 { body(0) }
      for thread in threads { pthread_join(thread, nil) }
    }
  }

  /// The parts to split `count` pieces of work into, each of at least `least` pieces.
  static func ranges(of count: Int, least: Int, threads: Int) -> [Range<Int>] {
    let parts = max(min(threads, count / max(least, 1)), 1)
    return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
  }
}
