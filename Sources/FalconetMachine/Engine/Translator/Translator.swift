/// The engine that translates blocks to the host's machine code, which a ``CodeEmitter`` writes.
///
/// A block begins by taking its length off the budget, and ends in jumps to the blocks that follow; a
/// jump to one that is not translated yet ends the run, and is patched once it is. What is rare is
/// executed by calls back to ``EngineCore/execute(_:budget:)``.
///
/// Safety: code is entered only through the emitter's entry, at starts of blocks, with the bank and
/// memory of the machine that owns this engine. Translated code accesses memory as ``Handler`` does, in a margin of
/// ``GuestSpace`` if a register's value, or the first byte of unaligned values, is flat, after a check of several accesses
/// that holds, see ``AccessPlan``, in the ``StackRange`` after a test of the address, or near a stack pointer that is a
/// frame's, see ``FramePlan``, and only while ``enter(_:_:budget:)`` is on the stack. It changes flags of pages in the flat part alone. A system call in
/// code may have all blocks discarded; code memory is used for others only between calls of it, and until then nothing is
/// written. Nor are detours, at the start of whole blocks.
final class Translator: EngineCore, BlockEngine {
  /// Bytes of code, and of code that is rarely executed. When one of them is used up, all blocks are discarded.
  static let codeBytes = 24 << 20
  static let rareCodeBytes = 40 << 20
  /// More than the code of the longest block takes.
  private static let mostBytes = 1 << 16
  /// More than the code of most blocks takes.
  private static let usualBytes = 1 << 12

  private let code: CodeMemory
  private(set) var emitter: HostEmitter
  /// Where code asked for the checked form of a block last, unless it was discarded since, or another is entered.
  private var checkedCall: Int?

  /// Nil if there is no emitter for the host's processor, or the host refuses executable memory.
  init?(_ machine: Machine, stopRange: Range<UInt64>?) {
    guard
      let code = CodeMemory(
        count: Self.codeBytes + Self.mostBytes, rareCount: Self.rareCodeBytes + Self.mostBytes),
      let emitter = HostEmitter(code, machine.memory, machine.bank)
    else { return nil }
    self.code = code
    self.emitter = emitter
    super.init(
      machine, stopRange: stopRange, codeStart: UInt(bitPattern: code.executable),
      missing: emitter.missing)
    self.emitter.checksRange = machine.expectsWindowArrays
  }

  var kind: EngineKind { .translator }

  var mostAhead: Int { 8 }

  var isFull: Bool {
    emitter.position > Self.codeBytes || emitter.rarePosition > code.rareStart + Self.rareCodeBytes
      || cache.isFull
  }

  /// What is counted to find out whether it is frequent.
  private struct Frequency {
    /// After so many it is asked whether they are many of a program's steps.
    private static let countOfLook: UInt64 = 1 << 16
    /// Many are one in so many steps.
    private static let stepsOfOne: UInt64 = 64
    /// After how many steps it was asked last.
    private var lastLook: UInt64 = 0

    /// Begins anew after enough.
    ///
    /// - Returns: whether there were many.
    mutating func isHigh(_ count: inout UInt64, after steps: UInt64) -> Bool {
      guard count >= Self.countOfLook else { return false }
      let isHigh = steps &- lastLook < count &* Self.stepsOfOne
      count = 0
      lastLook = steps
      return isHigh
    }
  }
  private var windowHits = Frequency()
  private var frameMisses = Frequency()

  /// Programs with arrays on a stack in the window, as those of C and Rust, gain by larger code for each access; others
  /// would only take longer to be translated. Programs whose stack pointer is no frame's most of the time gain if their
  /// blocks don't ask for one.
  override func wantsNewCode(after steps: UInt64) -> Bool {
    if windowHits.isHigh(&bank[RegisterBank.windowHits], after: steps), !emitter.checksRange {
      emitter.checksRange = true
      return true
    }
    if frameMisses.isHigh(&stack.misses, after: steps), emitter.usesFrames {
      emitter.usesFrames = false
      return true
    }
    return false
  }

  override func holdsFrame() -> Bool {
    if checksLoads || !emitter.usesFrames || stack.coversFrame(at: bank[FramePlan.stackPointer]) {
      return true
    }
    checkedCall = nil
    return false
  }

  func write(_ block: Block, _ form: BlockForm) -> Int {
    code.populate(
      upTo: emitter.position + Self.usualBytes, rareUpTo: emitter.rarePosition + Self.usualBytes)
    emitter.checksLoads = checksLoads
    return emitter.write(block, form, into: &cache)
  }

  func forget(_ block: BlockCache.ForgottenBlock) {
    emitter.forget(block, in: &cache)
    checkedCall = nil
  }

  func discardCode() {
    emitter.discardBlocks()
    checkedCall = nil
  }

  func enter(_ place: Int, _ form: BlockForm, budget: UInt64) {
    let start = UInt(bitPattern: code.executable)
    if form == .checked, let checkedCall { emitter.link(checkedCall: checkedCall, to: place) }
    admitReservations()
    unsafeBitCast(start + UInt(emitter.entry), to: CodeEntry.self)(
      UnsafeMutableRawPointer(bank.values) + HostEmitter.bankOffset, memory.space.base,
      Int(budget), start + UInt(place))
    takeReservations()
    checkedCall =
      bank[RegisterBank.reason] == EngineExit.checked.rawValue
      ? Int(bank[RegisterBank.checkedCall] &- UInt64(start)) : nil
  }
}
