import FalconetMachine

/// How many steps were executed in which calls: a tree of instructions, callees below callers.
///
/// Holds a bounded number of nodes. When they are used up, steps count for the innermost caller that
/// is in the tree already.
struct CallTree {
  /// One instruction in the calls that led to it.
  struct Node {
    /// The next instruction, or the last that a call executed.
    let instruction: UInt64
    /// The index of the caller's node; 0 is the root, which stands for no instruction.
    let parent: Int
    /// Steps counted here, not in callees.
    var steps: UInt64 = 0
    var samples: UInt64 = 0
  }

  private struct Key: Hashable {
    let parent: Int
    let instruction: UInt64
  }

  private(set) var nodes = [Node(instruction: 0, parent: 0)]
  private var children: [Key: Int] = [:]
  private let limit: Int
  /// The nodes of the stack counted last, outermost first: the next one mostly begins like it.
  private var last: [Int] = []

  /// - Parameter limit: the most nodes, of about 80 bytes each.
  init(limit: Int = 1 << 20) { self.limit = limit }

  /// Counts steps for a stack of calls.
  ///
  /// - Parameter frames: innermost first.
  mutating func count(_ steps: UInt64, in frames: [Frame]) {
    var node = 0
    for (depth, frame) in frames.reversed().enumerated() {
      if depth < last.count {
        if nodes[last[depth]].instruction == frame.instruction {
          node = last[depth]
          continue
        }
        last.removeSubrange(depth...)
      }
      guard let child = child(of: node, frame.instruction) else { break }
      node = child
      last.append(node)
    }
    nodes[node].steps &+= steps
    nodes[node].samples &+= 1
  }

  /// The callee's node, made if there is none; nil if there may be no more.
  private mutating func child(of node: Int, _ instruction: UInt64) -> Int? {
    let key = Key(parent: node, instruction: instruction)
    if let known = children[key] { return known }
    guard nodes.count < limit else { return nil }
    children[key] = nodes.count
    nodes.append(Node(instruction: instruction, parent: node))
    return nodes.count - 1
  }
}
