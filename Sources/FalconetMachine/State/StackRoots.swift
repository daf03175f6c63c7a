import Keccak

/// The roots of a thread stack and of its lower parts, cached from one state to the next: only
/// threads from the lowest one that changed on are hashed again.
struct StackRoots {
  private var threads: [ThreadState] = []
  /// The root below each thread; the last one is that of the whole stack.
  private var roots = [ThreadStackRoot.empty]

  /// The root of a stack, bottom first. O(n) comparisons, and hashes from the first change on.
  mutating func root(of stack: ArraySlice<ThreadState>, version: StateVersion) -> Bytes32 {
    let same = zip(stack, threads).prefix { $0 == $1 }.count
    // A lower part of what is cached needs no hash, and what is cached may be asked for again.
    if same == stack.count { return roots[same] }
    threads.removeLast(threads.count - same)
    roots.removeLast(roots.count - 1 - same)
    for thread in stack.dropFirst(same) {
      roots.append(ThreadStackRoot.push(thread, on: roots[threads.count], version: version))
      threads.append(thread)
    }
    return roots[threads.count]
  }
}
