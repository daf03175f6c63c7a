import FalconetELF
import FalconetInsight
import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Keccak

/// What a person may want to know of a snapshot, gathered as it passes: ranges of pages, not pages.
final class Inspection: SnapshotConsumer {
  /// Pages that follow one another.
  struct Range: Equatable {
    var first: UInt64
    var count: UInt64

    var start: UInt64 { first << 12 }
    /// The address behind the last byte; 0 if that is the end of the address space.
    var end: UInt64 { (first &+ count) << 12 }
  }

  private let calculator = ClaimCalculator()
  private let symbols: SymbolTable?
  private var ranges: [Range] = []
  private var detector: GoDetector?
  private(set) var pageCount: UInt64 = 0

  /// - Parameter symbols: the program's symbols, if they are known.
  init(symbols: SymbolTable? = nil) { self.symbols = symbols }

  var state: MachineState? { calculator.state }
  var claim: Bytes32? { calculator.claim }
  var isVerified: Bool { calculator.isVerified }
  var witness: [UInt8] { calculator.witness }

  func begin(_ outline: SnapshotOutline) throws(StreamError) {
    detector = GoDetector(outline.wordSize, symbols: symbols)
    try calculator.begin(outline)
  }

  func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    note(index, bytes)
    try calculator.page(index, bytes)
  }

  func page(
    _ index: UInt64, _ bytes: UnsafeRawBufferPointer, root: Bytes32
  ) throws(StreamError) {
    note(index, bytes)
    try calculator.page(index, bytes, root: root)
  }

  private func note(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) {
    pageCount += 1
    detector?.take(index, bytes)
    if let last = ranges.indices.last, ranges[last].first &+ ranges[last].count == index {
      ranges[last].count += 1
    } else {
      ranges.append(Range(first: index, count: 1))
    }
  }

  func end(_ state: MachineState) throws(StreamError) { try calculator.end(state) }

  /// The pages in ascending ranges, as long as can be.
  var memoryMap: [Range] {
    var map: [Range] = []
    for range in ranges.sorted(by: { $0.first < $1.first }) {
      if let last = map.indices.last, map[last].first &+ map[last].count == range.first {
        map[last].count += range.count
      } else {
        map.append(range)
      }
    }
    return map
  }

  /// What a range of pages is for, by where it lies.
  func purpose(of range: Range, in state: MachineState) -> String {
    let space = state.version.addressSpace
    if detector?.isGo == true {
      switch GoRegions(state.version, heap: state.scalars.heap).region(at: range.start) {
      case .arena: return "Go heap"
      case .mapping: return "mapped for Go's runtime, or by the program"
      case nil: break
      }
    }
    if range.start < space.heapStart { return "program" }
    if range.start < max(state.scalars.heap, space.heapStart) { return "heap" }
    let stackEnd = space.stackPointer + 0x1000
    return range.start >= stackEnd - 0x10_0000 && range.start < stackEnd ? "stack" : "other"
  }
}
