import FalconetELF

/// Where the steps of a run went.
package struct Profile: Sendable {
  /// An instruction of the program, and the functions it belongs to: inlined ones first.
  package struct Location: Sendable, Equatable {
    package var address: UInt64
    package var functions: [CodeLocation]
  }

  /// Steps counted for the same calls.
  package struct Stack: Sendable, Equatable {
    /// Indices of ``Profile/locations``, innermost first.
    package var locations: [Int]
    package var steps: UInt64
    package var samples: UInt64
  }

  /// One location in the calls that led to it.
  struct Node: Sendable {
    let location: Int
    /// The index of the caller's node; below 0 if there is no caller.
    let parent: Int
    /// Steps counted here, not in callees.
    let steps: UInt64
    let samples: UInt64
  }

  /// Callers are before their callees.
  let nodes: [Node]
  package let locations: [Location]
  /// All steps counted.
  package let steps: UInt64
  package let samples: UInt64
  /// Of these steps, those counted for a caller of the function that executed them, because the stacks
  /// were too many.
  package let mergedSteps: UInt64

  /// What steps are counted for if not even their outermost call is kept.
  private static let otherCalls = Location(
    address: 0, functions: [CodeLocation(function: "[other calls]", offset: 0)])

  init(_ tree: CallTree, samples: UInt64, _ unwinder: Unwinder) {
    var indices: [UInt64: Int] = [:]
    var locations: [Location] = []
    var nodes: [Node] = []
    nodes.reserveCapacity(tree.nodes.count)
    for node in tree.nodes.dropFirst() {
      let location: Int
      if let known = indices[node.instruction] {
        location = known
      } else {
        location = locations.count
        indices[node.instruction] = location
        locations.append(
          Location(
            address: node.instruction, functions: unwinder.locations(of: node.instruction)))
      }
      nodes.append(
        Node(
          location: location, parent: node.parent - 1, steps: node.steps, samples: node.samples))
    }
    let root = tree.nodes[0]
    if root.steps > 0 {
      nodes.append(
        Node(location: locations.count, parent: -1, steps: root.steps, samples: root.samples))
      locations.append(Self.otherCalls)
    }
    self.nodes = nodes
    self.locations = locations
    steps = tree.nodes.reduce(0) { $0 &+ $1.steps }
    mergedSteps = tree.nodes.reduce(0) { $0 &+ $1.merged }
    self.samples = samples
  }

  /// The stacks with steps of their own. Each is made when it is asked for: together they can be far
  /// larger than the profile.
  package var stacks: some Collection<Stack> {
    nodes.lazy.filter { $0.steps > 0 }.map { node in
      var path = [node.location]
      var parent = node.parent
      while parent >= 0 {
        path.append(nodes[parent].location)
        parent = nodes[parent].parent
      }
      return Stack(locations: path, steps: node.steps, samples: node.samples)
    }
  }
}
