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

  package let locations: [Location]
  package let stacks: [Stack]
  /// All steps counted.
  package let steps: UInt64
  package let samples: UInt64

  init(_ tree: CallTree, samples: UInt64, _ unwinder: Unwinder) {
    var indices: [UInt64: Int] = [:]
    var locations: [Location] = []
    var stacks: [Stack] = []
    var total: UInt64 = 0
    for (index, node) in tree.nodes.enumerated() where node.steps > 0 {
      var path: [Int] = []
      var current = index
      while current != 0 {
        let instruction = tree.nodes[current].instruction
        if indices[instruction] == nil {
          indices[instruction] = locations.count
          locations.append(
            Location(address: instruction, functions: unwinder.locations(of: instruction)))
        }
        path.append(indices[instruction] ?? 0)
        current = tree.nodes[current].parent
      }
      stacks.append(Stack(locations: path, steps: node.steps, samples: node.samples))
      total &+= node.steps
    }
    self.locations = locations
    self.stacks = stacks
    steps = total
    self.samples = samples
  }

  /// Steps by the names of the functions in which they were executed, outermost first.
  var stepsByFunctions: [[String]: UInt64] {
    var result: [[String]: UInt64] = [:]
    for stack in stacks {
      let names = stack.locations.flatMap { locations[$0].functions.map(\.function) }
      result[Array(names.reversed()), default: 0] &+= stack.steps
    }
    return result
  }
}
