/// Functions by who called them, with steps: what a flame graph draws.
struct FlameTree {
  struct Node {
    let name: String
    /// Steps in this call and all below it.
    var steps: UInt64 = 0
    var children: [String: Int] = [:]
  }

  /// Node 0 is the root.
  private(set) var nodes = [Node(name: "all")]
  private(set) var depth = 1

  init(_ profile: Profile) {
    for (functions, steps) in profile.stepsByFunctions {
      var node = 0
      nodes[0].steps &+= steps
      for name in functions {
        if let child = nodes[node].children[name] {
          node = child
        } else {
          nodes.append(Node(name: name))
          nodes[node].children[name] = nodes.count - 1
          node = nodes.count - 1
        }
        nodes[node].steps &+= steps
      }
      depth = max(depth, functions.count + 1)
    }
  }

  /// The callees of a node, in the order of their names.
  func children(of node: Int) -> [Int] {
    nodes[node].children.sorted { $0.key < $1.key }.map(\.value)
  }
}
