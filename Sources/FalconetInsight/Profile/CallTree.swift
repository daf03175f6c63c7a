import FalconetMachine

/// How many steps were executed in which calls: a tree of instructions, callees below callers.
///
/// Holds a bounded number of nodes. When they are used up, the half that has the fewest steps, callees
/// included, is dropped, and its steps count for the callers that are kept.
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
    /// Of these steps, those of callees that are not in the tree.
    var merged: UInt64 = 0
  }

  private struct Key: Hashable {
    let parent: Int
    let instruction: UInt64
  }

  /// Callers are before their callees.
  private(set) var nodes = [Node(instruction: 0, parent: 0)]
  private var children: [Key: Int] = [:]
  private let limit: Int
  /// The nodes of the stack counted last, outermost first: the next one mostly begins like it.
  private var last: [Int] = []

  /// - Parameter limit: the most nodes, of about 100 bytes each.
  init(limit: Int) { self.limit = limit }

  /// Counts steps for a stack of calls.
  ///
  /// - Parameter frames: innermost first.
  mutating func count(_ steps: UInt64, in frames: [Frame]) {
    if nodes.count + frames.count > limit { prune() }
    var node = 0
    var isComplete = true
    for (depth, frame) in frames.reversed().enumerated() {
      if depth < last.count {
        if nodes[last[depth]].instruction == frame.instruction {
          node = last[depth]
          continue
        }
        last.removeSubrange(depth...)
      }
      guard let child = child(of: node, frame.instruction) else {
        isComplete = false
        break
      }
      node = child
      last.append(node)
    }
    nodes[node].steps &+= steps
    nodes[node].samples &+= 1
    if !isComplete { nodes[node].merged &+= steps }
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

  /// Drops the nodes with the fewest steps, callees included, until half of the limit is left. A caller
  /// has no fewer steps than its callees and is before them, so it is kept if one of them is.
  private mutating func prune() {
    var totals = nodes.map(\.steps)
    for index in nodes.indices.dropFirst().reversed() {
      totals[nodes[index].parent] &+= totals[index]
    }
    let room = max(limit / 2, 1)
    guard nodes.count > room else { return }
    let least = totals.sorted(by: >)[room - 1]
    var ties = room - totals.count { $0 > least }
    /// Of each node, its place in the new tree, or that of the innermost caller that is kept.
    var places = [Int](repeating: 0, count: nodes.count)
    var kept: [Node] = []
    children.removeAll(keepingCapacity: true)
    for (index, node) in nodes.enumerated() {
      let parent = places[node.parent]
      let isTie = totals[index] == least && ties > 0
      if totals[index] > least || isTie {
        if isTie { ties -= 1 }
        places[index] = kept.count
        if index > 0 { children[Key(parent: parent, instruction: node.instruction)] = kept.count }
        kept.append(
          Node(
            instruction: node.instruction, parent: parent, steps: node.steps,
            samples: node.samples, merged: node.merged))
      } else {
        places[index] = parent
        kept[parent].steps &+= node.steps
        kept[parent].samples &+= node.samples
        kept[parent].merged &+= node.steps
      }
    }
    nodes = kept
    last = []
  }
}
