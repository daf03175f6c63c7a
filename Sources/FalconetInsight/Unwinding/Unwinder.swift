import FalconetELF
import FalconetMachine

/// Finds the calls that a guest's threads are in, from their registers and the guest's memory at the
/// moment of asking. So it works on any state, wherever it came from, and costs nothing before.
///
/// Go programs are unwound by the function table that Go's linker puts into every program, programs of
/// other compilers by their call frames, if they are given or in memory. Of a function without either,
/// the first instructions are read to find where it keeps its return address, as debuggers do, and the
/// frames found so are marked as guesses.
///
/// Only reads memory. Corrupt or hostile memory ends a stack, with the reason.
///
/// ```swift
/// let unwinder = Unwinder(machine.memory, version: machine.version, symbols: symbols)
/// for thread in machine.state.threads.left { print(unwinder.unwind(thread).frames) }
/// ```
package final class Unwinder {
  /// How many frames a stack has at most, unless asked for otherwise.
  package static let depthLimit = 256

  let reader: GuestReader
  let symbols: SymbolTable?
  let table: GoFunctionTable?
  private let callFrames: FrameTable?
  /// What is wrong with the program's tables, if frames are guesses for that reason.
  package let problem: String?

  /// The functions of the addresses asked for last, by a part of the address: programs don't change
  /// their code. Return addresses are kept with bit 0 set, delay slots with bit 1.
  private var places = [(key: UInt64, place: Place)](
    repeating: (.max, .unknown), count: placeCount)
  private static let placeCount = 1 << 13

  /// - Parameters:
  ///   - memory: the guest's memory.
  ///   - version: the guest's state version.
  ///   - symbols: the program's symbols. Without them, a Go program's table is searched for in
  ///     memory; of other programs without call frames only the innermost frame is found.
  ///   - frames: the program's call frames. Without them, they are searched for in memory.
  package init(
    _ memory: Memory, version: StateVersion, symbols: SymbolTable?, frames: FrameTable? = nil
  ) {
    reader = GuestReader(memory: memory)
    self.symbols = symbols
    table = GoFunctionTable.find(in: memory, version: version, symbols: symbols)
    callFrames =
      frames ?? (table == nil ? FrameTable.find(in: memory, version: version) : nil)
    let expected = table == nil ? symbols?.symbol(named: "runtime.pclntab") : nil
    problem = expected.map {
      "Go's function table at \(hex($0.start)) is corrupt, or of another version"
        + " of Go than 1.18 to 1.27"
    }
  }

  /// The calls that a thread is in. Takes time in proportion to their number.
  ///
  /// - Parameter limit: how many frames are looked for at most; at least 1.
  package func unwind(_ thread: ThreadState, limit: Int = depthLimit) -> CallStack {
    var walk = StackWalk(thread, reader)
    var frames: [Frame] = []
    while true {
      let place = place(of: walk)
      let end: CallStack.End?
      frames.append(Frame(pc: walk.pc, instruction: walk.instruction, isGuess: walk.isGuess))
      switch place {
      case .go(let function): end = walk.leave(function)
      case .framed(let row): end = walk.leave(row)
      case .named(let prologue): end = walk.leave(prologue)
      case .unknown where walk.isInnermost: end = .lost("the pc is in no function")
      case .unknown:
        frames.removeLast()
        end = .lost("\(hex(walk.pc)), a return address, is in no function")
      }
      if let end { return CallStack(frames: frames, end: end) }
      if frames.count >= limit { return CallStack(frames: frames, end: .limit) }
    }
  }

  // MARK: Functions

  /// What is known of the function that an address is in.
  private enum Place {
    case go(GoFrame)
    case framed(FrameRow)
    case named(Prologue)
    case unknown
  }

  private func place(of walk: StackWalk) -> Place {
    let address = walk.lookUpAddress
    guard address & 3 == 0 else { return .unknown }
    let key = address | (walk.isInnermost ? 0 : 1) | (walk.isInDelaySlot ? 2 : 0)
    let index = Int(truncatingIfNeeded: (key >> 2 ^ key << 7) & UInt64(Self.placeCount - 1))
    if places[index].key == key { return places[index].place }
    let place = findPlace(address, walk)
    places[index] = (key, place)
    return place
  }

  private func findPlace(_ address: UInt64, _ walk: StackWalk) -> Place {
    if let table, let function = table.function(at: address) {
      return .go(GoFrame(function, of: table, at: address))
    }
    // Call frames describe a delay slot by what holds in it.
    if let row = callFrames?.row(at: walk.instruction) { return .framed(row) }
    // A call that never returns may be the last of its function.
    let instruction = walk.isInnermost ? address : address &- 4
    guard let symbol = symbols?.symbol(at: instruction) else { return .unknown }
    return .named(Prologue(from: symbol.start, to: instruction, reader))
  }
}
