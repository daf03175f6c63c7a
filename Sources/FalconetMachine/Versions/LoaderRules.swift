/// How a release loads a program, if releases differ.
package struct LoaderRules: Sendable, Equatable {
  /// What a program finds at its stack pointer.
  package enum Stack: Sendable, Equatable {
    /// An argument, a variable of the environment, and the auxiliary vector.
    case arguments
    /// An argument count of 0, and two words that Go takes for arguments, before the auxiliary vector.
    case bare
  }

  /// The address right behind a segment must be within bounds too.
  package var boundsIncludeEnd = false
  /// A segment that takes no memory is checked and written like any other.
  package var keepsEmptySegments = false
  /// A write creates the page of the address right behind it as well.
  package var createsPageBehind = false
  /// Where `mmap` gives memory from at first; nil for the address space's place.
  package var heapStart: UInt64?
  /// No segment may reach the heap.
  package var checksHeap = true
  /// In a program that gets Go's patches, the rate of Go's memory profile becomes 0.
  package var clearsMemoryProfileRate = false
  package var stack = Stack.arguments

  private func with(_ change: (inout LoaderRules) -> Void) -> LoaderRules {
    var rules = self
    change(&rules)
    return rules
  }

}

// An underscore in a name is a dot of the version.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension LoaderRules {
  static let current = LoaderRules()
  static let cannon1_0 = current.with {
    $0.boundsIncludeEnd = true
    $0.keepsEmptySegments = true
    $0.createsPageBehind = true
  }
  static let opProgram1_3_1 = cannon1_0.with { $0.stack = .bare }
  static let opProgram1_2 = opProgram1_3_1.with { $0.clearsMemoryProfileRate = true }
  static let opProgram0_3 = opProgram1_2.with {
    $0.heapStart = 0x2000_0000
    $0.checksHeap = false
  }
}
