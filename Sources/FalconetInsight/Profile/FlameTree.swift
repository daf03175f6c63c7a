/// Functions by who called them, with steps: what a flame graph draws.
struct FlameTree {
  struct Node {
    let name: String
    /// Steps in this call and all below it.
    var steps: UInt64 = 0
    /// Steps in this call alone.
    var ownSteps: UInt64 = 0
    let parent: Int
    /// The callees, in the order of their names.
    fileprivate(set) var children: [Int] = []
  }

  private struct Key: Hashable {
    let parent: Int
    let name: Int
  }

  /// Node 0 is the root. Callers are before their callees.
  private(set) var nodes = [Node(name: "all", parent: 0)]
  private(set) var depth = 1

  init(_ profile: Profile) {
    var names: [String: Int] = [:]
    // Outermost functions first.
    let functions = profile.locations.map { location in
      location.functions.reversed().map { function in
        let number = names[function.function] ?? names.count
        names[function.function] = number
        return (name: number, text: function.function)
      }
    }
    var known: [Key: Int] = [:]
    /// By node of the profile, the innermost function's node, and its depth.
    var places: [(node: Int, depth: Int)] = []
    places.reserveCapacity(profile.nodes.count)
    for source in profile.nodes {
      var (node, depth) = source.parent < 0 ? (0, 1) : places[source.parent]
      for function in functions[source.location] {
        let key = Key(parent: node, name: function.name)
        if let child = known[key] {
          node = child
        } else {
          known[key] = nodes.count
          nodes.append(Node(name: function.text, parent: node))
          node = nodes.count - 1
        }
        depth += 1
      }
      nodes[node].ownSteps &+= source.steps
      places.append((node, depth))
      if source.steps > 0 { self.depth = max(self.depth, depth) }
    }
    for index in nodes.indices { nodes[index].steps = nodes[index].ownSteps }
    for index in nodes.indices.dropFirst().reversed() {
      nodes[nodes[index].parent].steps &+= nodes[index].steps
      nodes[nodes[index].parent].children.append(index)
    }
    for index in nodes.indices where nodes[index].children.count > 1 {
      let children = nodes[index].children
      nodes[index].children = children.sorted { nodes[$0].name < nodes[$1].name }
    }
  }
}
