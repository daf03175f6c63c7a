import FalconetLibc
import FalconetMachine

/// A machine about to be made: a state, and the pages of its memory. Each machine made of it has a
/// memory of its own.
package struct MachineImage: Sendable {
  package var state: MachineState
  /// The pages that exist, by index, 4096 bytes each.
  package private(set) var pages: [UInt64: [UInt8]] = [:]

  /// The empty state with its thread at `pc`, and `words` as its code there.
  package init(_ version: StateVersion, code words: [UInt32] = [], at pc: UInt64 = 0x1000) {
    state = MachineState(version: version)
    thread.pc = pc & version.wordSize.mask
    thread.nextPC = (pc &+ 4) & version.wordSize.mask
    write(words: words, at: pc)
  }

  /// What a machine is now.
  package init(of machine: Machine) {
    state = machine.state
    for index in machine.memory.pageIndices {
      pages[index] = machine.memory.withPage(index) { Array($0) }
    }
  }

  package var version: StateVersion { state.version }

  /// The revision that the state names; nil is the newest.
  private var revision: Revision? { state.revision.flatMap { version.revision(named: $0) } }

  /// The thread that the next step runs: there must be one.
  package var thread: ThreadState {
    get { state.threads[top: state.scalars.activeSide] }
    set { state.threads[top: state.scalars.activeSide] = newValue }
  }

  /// Register `index` of the thread that runs. What is set is cut to the word size.
  package subscript(register index: Int) -> UInt64 {
    get { thread.registers[index] }
    set { thread.registers[index] = newValue & version.wordSize.mask }
  }

  /// Writes bytes; the range wraps at the end of the address space.
  package mutating func write(_ bytes: [UInt8], at address: UInt64) {
    for (offset, byte) in bytes.enumerated() {
      let address = (address &+ UInt64(offset)) & version.wordSize.mask
      pages[address >> 12, default: [UInt8](repeating: 0, count: 4096)][Int(address & 0xFFF)] = byte
    }
  }

  /// Writes 32-bit words, big-endian.
  package mutating func write(words: [UInt32], at address: UInt64) {
    write(
      words.flatMap { word in
        (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) }
      }, at: address)
  }

  /// A memory with these pages.
  package func memory(reservesAddressSpace: Bool = true) throws(HostMemoryError) -> Memory {
    let memory = Memory(wordSize: version.wordSize, reservesAddressSpace: reservesAddressSpace)
    for (index, bytes) in pages.sorted(by: { $0.key < $1.key }) {
      try bytes.withUnsafeBufferPointer { (bytes) throws(HostMemoryError) in
        try memory.write(UnsafeRawBufferPointer(bytes), at: index << 12)
      }
    }
    return memory
  }

  /// A machine that goes on from here.
  package func machine(
    _ engine: EngineKind = .translator, oracle: any PreimageOracle = NoPreimages()
  ) throws(HostMemoryError) -> Machine {
    Machine(
      state: state, memory: try memory(), oracle: oracle, engine: engine, revision: revision)
  }

  /// A machine that goes on from here, with an engine in one of its forms.
  package func machine(
    _ setup: EngineSetup, oracle: any PreimageOracle
  ) throws(HostMemoryError) -> Machine {
    let memory = try memory(reservesAddressSpace: !setup.hasPageTable)
    let machine = Machine(
      state: state, memory: memory, oracle: oracle, engine: setup.kind, revision: revision)
    machine.forcesSwitch = setup.usesSwitch
    machine.expectsWindowArrays = setup.expectsWindowArrays
    return machine
  }
}

/// An engine in one of the forms that it takes by what the host allows.
package enum EngineSetup: String, Sendable, CaseIterable {
  case translator, portable
  /// The portable engine without calls in tail position.
  case portableSwitch
  /// The translator as it is once a program was seen to have arrays in the window.
  case translatorWindow
  /// With memory that has no reserved address space.
  case translatorPageTable, portablePageTable

  package var kind: EngineKind {
    switch self {
    case .translator, .translatorWindow, .translatorPageTable: .translator
    case .portable, .portableSwitch, .portablePageTable: .portable
    }
  }
  package var hasPageTable: Bool { self == .translatorPageTable || self == .portablePageTable }
  package var usesSwitch: Bool { self == .portableSwitch }
  package var expectsWindowArrays: Bool { self == .translatorWindow }
}

extension Memory {
  /// `count` bytes from an address on.
  package func bytes(at address: UInt64, count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    read(into: &bytes, from: address, count: count)
    return bytes
  }

  /// The address of the first byte, or of the page, in which two memories differ.
  package func firstDifference(from other: Memory) -> UInt64? {
    let indices = pageIndices
    let others = other.pageIndices
    if indices != others {
      return Set(indices).symmetricDifference(others).min().map { $0 << 12 }
    }
    for index in indices {
      let offset = withPage(index) { mine in
        other.withPage(index) { theirs -> Int? in
          if let a = mine.baseAddress, let b = theirs.baseAddress, memcmp(a, b, 4096) == 0 {
            return nil
          }
          return (0..<4096).first { mine[$0] != theirs[$0] }
        }
      }
      if let offset { return index << 12 + UInt64(offset) }
    }
    return nil
  }
}
