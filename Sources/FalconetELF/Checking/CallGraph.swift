/// Which functions can be reached from a program's entry, and by which.
struct CallGraph {
  /// By function, the one that it was first reached from; the entry's is itself. Nil if it is not
  /// reached.
  private let callers: [Int?]
  private let entry: Int?

  /// Goes through the graph breadth first, so that each function is reached by a shortest way.
  ///
  /// - Parameter callees: by function, the functions that it calls or takes the address of, ascending.
  init(from entry: Int?, callees: [[Int]]) {
    self.entry = entry
    var callers = [Int?](repeating: nil, count: callees.count)
    var pending: [Int] = []
    if let entry {
      callers[entry] = entry
      pending = [entry]
    }
    var position = 0
    while position < pending.count {
      let function = pending[position]
      position += 1
      for callee in callees[function] where callers[callee] == nil {
        callers[callee] = function
        pending.append(callee)
      }
    }
    self.callers = callers
  }

  func isReachable(_ function: Int) -> Bool { callers[function] != nil }

  /// The most functions that a way is told with.
  private static let pathLimit = 64

  /// A shortest way from the entry to a function, both included; empty if there is none. Of a
  /// longer one than 64 functions, what follows the entry is left out.
  func path(to function: Int) -> [Int] {
    var path: [Int] = []
    var current = function
    while let caller = callers[current] {
      path.append(current)
      if caller == current { break }
      current = path.count < Self.pathLimit - 1 ? caller : entry ?? caller
    }
    return path.reversed()
  }
}
