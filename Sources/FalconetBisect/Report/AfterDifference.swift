import FalconetMachine
import FalconetSnapshots

/// In what two states after the same step differ.
package struct AfterDifference: Sendable {
  /// A value that differs.
  package struct Item: Sendable, Equatable {
    /// Where it is: a field, a thread's register, an address of memory.
    package var place: String
    package var a: String
    package var b: String
  }

  package private(set) var items: [Item] = []
  /// Words of memory that differ and are not among the items.
  package private(set) var wordsLeftOut = 0

  /// Words of memory that are listed.
  private static let wordLimit = 32

  /// Compares two states in memory, of one version.
  package init(_ a: MemoryImage, _ b: MemoryImage) {
    compareScalars(a.state, b.state)
    for side in StackSide.allCases {
      compareThreads(a.state, b.state, side)
    }
    compareMemory(a.memory, b.memory)
  }

  private mutating func add(_ place: String, _ a: UInt64, _ b: UInt64) {
    if a != b { items.append(Item(place: place, a: hex(a), b: hex(b))) }
  }

  private mutating func compareScalars(_ a: MachineState, _ b: MachineState) {
    for field in a.version.witnessLayout.fields where !field.isOfThread {
      if case .hash(let hash) = field.form, a.scalars[hash] != b.scalars[hash] {
        items.append(Item(place: field.name, a: "\(a.scalars[hash])", b: "\(b.scalars[hash])"))
      } else {
        add(field.name, a[field], b[field])
      }
    }
  }

  private mutating func compareThreads(_ a: MachineState, _ b: MachineState, _ side: StackSide) {
    let (mine, other) = (a.threads.stack(side), b.threads.stack(side))
    if mine.count != other.count {
      items.append(
        Item(
          place: "threads on the \(side) stack", a: "\(mine.count)", b: "\(other.count)"))
    }
    for (left, right) in zip(mine, other) {
      let thread = a.version.isSingleThreaded ? "" : "thread \(left.id) "
      for field in a.version.threadLayout.fields where field != .registers {
        add("\(thread)\(field.name)", left[field], right[field])
      }
      for (index, name) in Registers.names.enumerated() {
        add("\(thread)\(name)", left.registers[index], right.registers[index])
      }
    }
  }

  private mutating func compareMemory(_ a: Memory, _ b: Memory) {
    for page in Set(a.pageIndices).union(b.pageIndices).sorted() {
      let same = a.withPage(page) { mine in
        b.withPage(page) { other in mine.elementsEqual(other) }
      }
      if same { continue }
      for offset in stride(from: 0, to: Memory.pageSize, by: a.wordSize.bytes) {
        let address = page << 12 | UInt64(offset)
        let (mine, other) = (a.loadWord(at: address), b.loadWord(at: address))
        guard mine != other else { continue }
        let listed = items.count { $0.place.hasPrefix("memory") }
        if listed < Self.wordLimit {
          add("memory \(hex(address))", mine, other)
        } else {
          wordsLeftOut += 1
        }
      }
    }
  }
}
