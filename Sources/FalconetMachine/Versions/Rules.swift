/// What sets the semantics of one revision of a state version apart from the others'.
///
/// One row of the differences matrix: the step and the loader read these values and never ask for a
/// version. A step gets them from its ``Revision``.
package struct Rules: Sendable, Equatable {
  /// How threads run and how futexes work.
  package enum Threading: Sendable, Equatable {
    /// One thread; thread system calls do nothing.
    case single
    /// A waiting thread is marked with its futex and is skipped until it is woken, its value
    /// changes, or its time is over.
    case blockingFutex
    /// Waiting and waking only yield to the next thread.
    case yieldingFutex
  }

  package var wordSize: WordSize
  package var threading: Threading
  /// Bytes of memory that a futex wait compares: 4 or 8.
  package var futexBytes = 4
  /// A failed system call leaves the error number in register 2 and −1 in register 7, as Linux does.
  /// Otherwise −1 in register 2 and the number in register 7.
  package var errorNumberInResult = false
  /// `bltzal` and `bgezal` exist. Otherwise they are branches that are never taken.
  package var linkingBranches = true
  /// `dclz` and `dclo` exist.
  package var countLeadingDoublewords = false
  /// `sll` and `sllv` shift 64 bits, and make the upper half all ones if any bit at or above bit 31
  /// is set. Otherwise the result is sign-extended from bit 31.
  package var shiftLeftFillsUpperHalf = false
  /// `fcntl` knows F_GETFD.
  package var getDescriptorFlags = true
  /// `eventfd2` exists, and descriptor 100 with it; `mprotect` does nothing.
  package var eventDescriptors = false
  /// `getrandom` writes bytes. Otherwise it does nothing.
  package var randomBytes = false
  /// `getrandom` ends a reservation of the word that it writes, as any other write does.
  package var randomBytesEndReservations = true
  /// `prctl` does nothing. Otherwise it is no system call.
  package var processControl = false
  /// System call 2^64 − 1 does nothing, rather than stop the machine.
  package var allOnesSystemCallIsNoOperation = false
  /// System calls that are not listed do nothing, rather than stop the machine.
  package var ignoresUnknownSystemCalls: Bool { threading == .single }
  /// `ll` and `sc` keep a reservation. Otherwise `sc` always succeeds.
  package var hasReservations: Bool { threading != .single }
  /// Functions of the Go runtime that a single thread can't run are made to return at once in a
  /// program that is loaded.
  package var patchesGo: Bool { threading == .single }

  init(_ wordSize: WordSize, _ threading: Threading) {
    self.wordSize = wordSize
    self.threading = threading
  }

  private func with(_ change: (inout Rules) -> Void) -> Rules {
    var rules = self
    change(&rules)
    return rules
  }

  static let v0 = v2.with {
    $0.getDescriptorFlags = false
    $0.linkingBranches = false
  }
  static let v1 = Rules(.bits32, .blockingFutex)
  static let v2 = Rules(.bits32, .single)
  static let v3 = v4.with {
    $0.futexBytes = 8
    $0.allOnesSystemCallIsNoOperation = true
  }
  static let v4 = Rules(.bits64, .blockingFutex).with { $0.shiftLeftFillsUpperHalf = true }
  static let v5 = Rules(.bits32, .yieldingFutex)
  static let v6 = Rules(.bits64, .yieldingFutex)
  static let v7 = v6.with {
    $0.errorNumberInResult = true
    $0.countLeadingDoublewords = true
    $0.eventDescriptors = true
  }
  /// The newest revision of version 8.
  static let v8 = v8Before2026June.with { $0.processControl = true }
  static let v8Before2026June = v7.with { $0.randomBytes = true }
  // The underscore is the dot of version 1.8.0.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  static let v8Before1_8 = v8Before2026June.with { $0.randomBytesEndReservations = false }
}

extension StateVersion {
  /// The size of registers, addresses and memory words.
  package var wordSize: WordSize { shape.wordSize }

  /// How threads run and how futexes work.
  package var threading: Rules.Threading { shape.threading }

  /// Whether the state has one thread and no thread stacks.
  package var isSingleThreaded: Bool { threading == .single }

  /// Whether threads that wait are marked with their futex.
  package var hasBlockingFutexes: Bool { threading == .blockingFutex }

  /// Bytes of memory that a futex wait compares: 4 or 8.
  package var futexBytes: Int { shape.futexBytes }

  /// Whether functions of the Go runtime are made to return at once in a program that is loaded.
  package var patchesGo: Bool { shape.patchesGo }
}
