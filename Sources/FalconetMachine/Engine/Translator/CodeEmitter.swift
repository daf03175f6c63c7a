/// Writes the machine code of one kind of processor for the ``Translator``.
///
/// Each kind has a directory of its own beside this file, with all code that depends on the processor.
protocol CodeEmitter {
  /// Writes what all blocks share. Nil if this process runs on another kind of processor, or on one
  /// that lacks an instruction.
  ///
  /// - Parameter bank: what a guest's registers hold when a block is written.
  init?(_ code: CodeMemory, _ memory: Memory, _ bank: RegisterBank)

  /// Where code is written next.
  var position: Int { get }
  /// Where code that is rarely executed is written next.
  var rarePosition: Int { get }
  /// The place of the function that enters code.
  var entry: Int { get }
  /// The place of code that ends the run at address 0.
  var missing: Int { get }
  /// Whether loads leave watched bytes to the plain step. What was written before stays as it is.
  var checksLoads: Bool { get set }
  /// Whether accesses look into the ``StackRange``. That makes code larger. Those that are likely in the window do it
  /// first, see ``WindowForesight``, others before they go to their slow path. What was written before stays as it is.
  var checksRange: Bool { get set }
  /// Whether the usual form of a block is entered with a frame's stack pointer only, see ``FramePlan``, unless
  /// ``checksLoads``. If it changes, all blocks have to be discarded. If it is false at first, it stays so.
  var usesFrames: Bool { get set }
  /// What ``CodeEntry`` gets for the bank: an address this many bytes into it.
  static var bankOffset: Int { get }

  /// Writes a block in a form, inserts it into a cache, and links its jumps with the blocks there.
  ///
  /// - Returns: its place.
  mutating func write(_ block: Block, _ form: BlockForm, into cache: inout BlockCache) -> Int

  /// Has code that asked for a block go to its place from here on.
  ///
  /// - Parameter end: the place behind the call that asked, which ``RegisterBank/checkedCall`` has.
  mutating func link(checkedCall end: Int, to place: Int)

  /// Writes a detour at the start of a block that a cache has forgotten. It takes no more room than ``write(_:_:into:)``
  /// may.
  mutating func forget(_ block: BlockCache.ForgottenBlock, in cache: inout BlockCache)

  /// Reuses the memory of all blocks.
  mutating func discardBlocks()
}

/// Enters code: the bank, flat memory, the budget, the address of a block's code.
///
/// Safety: as ``Translator``.
typealias CodeEntry =
  @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int, UInt) -> Void

/// What writes code for this host. On a processor that no emitter is for, its `init` returns nil.
typealias HostEmitter = X86Emitter
