import FalconetELF
import FalconetMachine

/// Where the memory of Go's runtime lies, as far as addresses tell for certain.
///
/// The runtime asks `mmap` for arenas at addresses of its own choice, and a guest gets what it asks for.
/// Arenas hold objects and the stacks of goroutines. What else the runtime maps, such as what it knows of
/// the heap, lies where `mmap` puts it, as does what the program maps itself.
package struct GoRegions: Sendable {
  /// What lies at an address.
  package enum Region: Sendable, Equatable {
    case arena
    /// Mapped for the runtime, or by the program.
    case mapping
  }

  private let arenas: Range<UInt64>
  private let mappings: Range<UInt64>

  /// - Parameter heap: the state's heap pointer: where the next mapping goes.
  package init(_ version: StateVersion, heap: UInt64) {
    let space = version.addressSpace
    mappings = space.heapStart..<max(space.heapStart, heap)
    switch version.wordSize {
    case .bits64:
      // Up to Go 1.25 arenas begin here, above all programs; from then on anywhere.
      arenas = 0xC0_0000_0000..<space.stackPointer - 0x10_0000
    case .bits32:
      // `mheap.init` reserves 512 MiB from the first 4 MiB boundary that is 256 KiB after the break.
      let start = (space.programBreak + 0x4_0000 + 0x3F_FFFF) & ~0x3F_FFFF
      arenas = start..<start + 0x2000_0000
    }
  }

  /// Nil if the address does not tell.
  package func region(at address: UInt64) -> Region? {
    if mappings.contains(address) { return .mapping }
    return arenas.contains(address) ? .arena : nil
  }
}

/// Finds out whether a program is Go's while its pages pass, by its function table.
package struct GoDetector: Sendable {
  package private(set) var isGo: Bool
  /// The page that no program reaches, at 4 GiB.
  private static let end: UInt64 = 1 << 20
  /// The second word of a table's header: two zeros, the quantum, and the size of a pointer.
  private let sizes: UInt32
  /// - Parameter symbols: the program's symbols, if they are known.
  package init(_ wordSize: WordSize, symbols: SymbolTable? = nil) {
    isGo = symbols?.symbol(named: "runtime.pclntab") != nil
    sizes = UInt32(GoFunctionTable.quantum) << 8 | UInt32(wordSize.bytes)
  }

  /// Takes a page of 4096 bytes.
  package mutating func take(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) {
    guard !isGo, index < Self.end else { return }
    for offset in stride(from: 0, to: bytes.count - 7, by: 4)
    where unsafe GoFunctionTable.magics.contains(Self.int(bytes, offset)) {
      if unsafe Self.int(bytes, offset + 4) == sizes { isGo = true }
    }
  }

  private static func int(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    UInt32(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
}
