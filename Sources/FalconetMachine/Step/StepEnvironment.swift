import Keccak

/// Which proof of a step's witness an access to memory is proved by.
package enum MemorySlot: Int, Sendable {
  /// The first word of data that the step touches.
  case first = 1
  /// The second, which only `clock_gettime` has; proved after the first was written.
  case second = 2
}

/// What a step acts on: a machine with all of its memory, or a witness of a single step.
///
/// Addresses of words are multiples of the word size; values are zero-extended to 64 bits.
package protocol StepEnvironment: AnyObject {
  associatedtype Stacks: ThreadStacks

  var rules: Rules { get }
  /// The instructions that ``rules`` have.
  var decoder: InstructionDecoder { get }
  var scalars: Scalars { get set }
  var threads: Stacks { get set }

  /// A general register of the active thread. ``threads`` may hold another value, until ``saveThread()``.
  func register<Word: MachineWord>(_ index: Int, as word: Word.Type) -> Word
  /// Sets a register of the active thread; register 0 stays as it is.
  func setRegister(_ index: Int, _ value: some MachineWord)
  /// HI and LO of the active thread, under the same condition.
  func hiLo<Word: MachineWord>(as word: Word.Type) -> (hi: Word, lo: Word)
  func setHiLo<Word: MachineWord>(_ hi: Word, _ lo: Word)
  /// Where the active thread is, under the same condition.
  var place: (pc: UInt64, nextPC: UInt64) { get set }
  /// Brings the active thread's registers into ``threads``: before another thread becomes active, or
  /// all of this one is looked at.
  func saveThread()
  /// Takes the registers of the thread that is active now from ``threads``.
  func loadThread()

  /// The instruction at `pc`, a multiple of 4.
  func fetch(at pc: UInt64) throws(StepError) -> UInt32
  /// The word at an address. Asked for before a store to the same word as well.
  func loadWord(at address: UInt64, _ slot: MemorySlot) throws(StepError) -> UInt64
  /// Replaces the word at an address, which was loaded before in the same step.
  func storeWord(_ value: UInt64, at address: UInt64, _ slot: MemorySlot) throws(StepError)

  /// The eight bytes of the current pre-image, with its length prefix, that start at the current
  /// offset: left-aligned, first byte most significant, zeros after the end.
  /// - Returns: the bytes, and how many of them there are, at least 1.
  /// - Throws: ``Panic/preimageOffset(_:length:)`` if the offset is not below the length.
  func readPreimage() throws(StepError) -> (bytes: UInt64, count: UInt64)
  /// Appends `count` bytes at `address` to the hints.
  func writeHint(at address: UInt64, count: UInt64) throws(StepError)
  /// Shows `count` bytes at `address` that the guest wrote to its standard output or error.
  func writeOutput(_ stream: GuestStream, at address: UInt64, count: UInt64)

  /// Learns of something that is counted but is not part of the state.
  func note(_ event: StepEvent)
}

/// A stream that the guest writes text to. The raw value is its file descriptor.
package enum GuestStream: UInt8, Sendable {
  case output = 1
  case error = 2
}

/// Something that happened in a step, for statistics.
package enum StepEvent: Sendable, Equatable {
  /// A thread executed `ll` or `lld`.
  case loadLinked(thread: UInt64)
  /// A thread executed `sc` or `scd`.
  case storeConditional(thread: UInt64, succeeded: Bool)
  /// A write ended the reservation, or hit its address when there was none.
  case reservationEnded
  /// A thread was preempted because its quantum was over.
  case forcedPreemption
  /// A thread was preempted: another one is active, or the same again.
  case contextSwitch
  /// A thread began to wake those that wait at an address.
  case wakeStarted
  /// A thread that was waiting goes on.
  case waiterWoken
  /// A thread was looked at and waits on.
  case waiterStayed
}

extension StepEnvironment {
  package func note(_ event: StepEvent) {}
}

/// An environment that has the active thread's registers in ``StepEnvironment/threads`` and nowhere else.
extension StepEnvironment {
  @inline(__always)
  package func register<Word: MachineWord>(_ index: Int, as word: Word.Type) -> Word {
    Word(truncatingIfNeeded: withThread { $0.registers[index] })
  }

  @inline(__always)
  package func setRegister(_ index: Int, _ value: some MachineWord) {
    let value = UInt64(value)
    if index != 0 { updateThread { $0.registers[index] = value } }
  }

  @inline(__always)
  package func hiLo<Word: MachineWord>(as word: Word.Type) -> (hi: Word, lo: Word) {
    withThread { (Word(truncatingIfNeeded: $0.hi), Word(truncatingIfNeeded: $0.lo)) }
  }

  @inline(__always)
  package func setHiLo<Word: MachineWord>(_ hi: Word, _ lo: Word) {
    updateThread { thread in
      thread.hi = UInt64(hi)
      thread.lo = UInt64(lo)
    }
  }

  @inline(__always)
  package var place: (pc: UInt64, nextPC: UInt64) {
    get { withThread { ($0.pc, $0.nextPC) } }
    set {
      updateThread { thread in
        thread.pc = newValue.pc
        thread.nextPC = newValue.nextPC
      }
    }
  }

  @inline(__always) package func saveThread() {}
  @inline(__always) package func loadThread() {}
}
