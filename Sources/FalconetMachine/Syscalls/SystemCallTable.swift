/// A row of the system call table: what a call is named, its numbers, who has it, and what it does.
package struct SystemCallRow: Sendable {
  /// Linux's name.
  package let name: String
  /// The number in Linux's o32 ABI, which 32-bit machines use; nil if it has none there.
  package let o32: UInt64?
  /// The number in Linux's n64 ABI, which 64-bit machines use; nil if it has none there.
  package let n64: UInt64?
  package let call: SystemCall
  /// What a revision must have for the call to exist.
  package let requirement: SystemCallRequirement
  /// Rules that no step reads but this call. A difference in them makes no other step differ.
  ///
  /// A rule that no row names is taken to matter in every step. So a rule that a new revision brings
  /// costs a verifier time until it is named, and no answer.
  package let ownRules: [any WritableKeyPath<Rules, Bool> & Sendable]

  fileprivate init(
    _ name: String, _ o32: UInt64?, _ n64: UInt64?, _ call: SystemCall = .noOperation,
    if requirement: SystemCallRequirement = .threads,
    own ownRules: [any WritableKeyPath<Rules, Bool> & Sendable] = []
  ) {
    self.name = name
    self.o32 = o32
    self.n64 = n64
    self.call = call
    self.requirement = requirement
    self.ownRules = ownRules
  }

  /// The number in the ABI of a machine of this word size.
  package func number(_ wordSize: WordSize) -> UInt64? { wordSize == .bits32 ? o32 : n64 }
}

/// What a revision must have for a system call to exist.
package enum SystemCallRequirement: Sendable, CaseIterable {
  /// Every revision has the call.
  case nothing
  /// More than one thread. A single-threaded machine answers 0 to all calls but its few.
  case threads
  case eventDescriptors
  case randomBytes
  case processControl
  case allOnes
  /// No revision has the call; the table names it for those who read of it.
  case impossible

  @inline(__always) package func holds(under rules: Rules) -> Bool {
    switch self {
    case .nothing: true
    case .threads: rules.threading != .single
    case .eventDescriptors: rules.eventDescriptors
    case .randomBytes: rules.randomBytes
    case .processControl: rules.processControl
    case .allOnes: rules.allOnesSystemCallIsNoOperation
    case .impossible: false
    }
  }
}

extension SystemCallRow {
  /// The system call table.
  ///
  /// Dispatch, the static check of programs, the names in errors, what verifiers know of revisions
  /// that differ in a call alone, and the tests read it. If two rows have the same number, the first
  /// whose requirement holds counts.
  package static let all: [SystemCallRow] = [
    // Memory
    Self("mmap", 4090, 5009, .mmap, if: .nothing),
    Self("brk", 4045, 5012, .brk, if: .nothing),
    Self("munmap", 4091, 5011),
    Self("madvise", 4218, 5027),
    Self("mincore", 4217, 5026),
    Self("mprotect", 4125, 5010, if: .eventDescriptors),

    // Threads and processes
    Self("clone", 4120, 5055, .clone, if: .nothing),
    Self("exit_group", 4246, 5205, .exitGroup, if: .nothing),
    Self("exit", 4001, 5058, .exit),
    Self("sched_yield", 4162, 5023, .yield),
    Self("nanosleep", 4166, 5034, .yield),
    Self("futex", 4238, 5194, .futex),
    Self("gettid", 4222, 5178, .gettid),
    Self("getpid", 4020, 5038),
    Self("getuid", 4024, 5100),
    Self("getgid", 4047, 5102),
    Self("sched_getaffinity", 4240, 5196),
    Self("prlimit64", 4338, 5297),
    Self("getrlimit", 4076, 5095),
    Self("uname", 4122, 5061),
    Self("prctl", 4192, 5153, if: .processControl, own: [\.processControl]),

    // Signals
    Self("rt_sigaction", 4194, 5013),
    Self("rt_sigprocmask", 4195, 5014),
    Self("sigaltstack", 4206, 5129),
    Self("tgkill", 4266, 5225),
    Self("kill", 4037, 5060, if: .impossible),

    // Files
    Self("read", 4003, 5000, .read, if: .nothing),
    Self("write", 4004, 5001, .write, if: .nothing),
    Self("fcntl", 4055, 5070, .fcntl, if: .nothing),
    Self("open", 4005, 5002, .open),
    Self("openat", 4288, 5247),
    Self("close", 4006, 5003),
    Self("pread64", 4200, 5016),
    Self("lseek", 4019, 5008),
    Self("_llseek", 4140, nil),
    Self("stat", 4106, 5004),
    Self("fstat", 4108, 5005),
    Self("stat64", 4213, nil),
    Self("fstat64", 4215, nil),
    Self("readlink", 4085, 5087),
    Self("readlinkat", 4298, 5257),
    Self("ioctl", 4054, 5015),
    Self("pipe2", 4328, 5287),
    Self("epoll_create1", 4326, 5285),
    Self("epoll_ctl", 4249, 5208),
    Self("epoll_pwait", 4313, 5272),
    Self("eventfd2", 4325, 5284, .eventfd2, if: .eventDescriptors),

    // Time
    Self("clock_gettime", 4263, 5222, .clockGetTime),
    Self("setitimer", 4104, 5036),
    Self("timer_create", 4257, 5216),
    Self("timer_settime", 4258, 5217),
    Self("timer_delete", 4261, 5220),

    // Random bytes: a revision that has none answers 0.
    Self(
      "getrandom", 4353, 5313, .getrandom, if: .randomBytes, own: [\.randomBytesEndReservations]),
    Self("getrandom", 4353, 5313),

    // The number of all ones, which is no call of Linux.
    Self("all ones", nil, .max, if: .allOnes),
  ]

  /// A number with its name, if it has one.
  package static func title(of number: UInt64) -> String {
    name(of: number).map { "\($0) (\(number))" } ?? "\(number)"
  }

  /// The name of a number, whether or not a revision has the call; nil if Linux has no such call either.
  package static func name(of number: UInt64) -> String? {
    all.first { $0.o32 == number || $0.n64 == number }?.name ?? LinuxSystemCalls.name(of: number)
  }
}

/// The system call table by number, for machines of one word size.
struct SystemCallNumbers: Sendable {
  /// A row as far as dispatch needs it.
  private struct Meaning {
    var call: SystemCall
    var requirement: SystemCallRequirement
  }

  /// Numbers from here on have places of their own: those of Linux's ABI.
  private let base: UInt64
  /// At most two meanings for each number.
  private var meanings = [(first: Meaning?, second: Meaning?)](repeating: (nil, nil), count: 400)
  /// Numbers elsewhere.
  private var others: [(number: UInt64, meaning: Meaning)] = []

  private init(_ wordSize: WordSize, base: UInt64) {
    self.base = base
    for row in SystemCallRow.all {
      guard let number = row.number(wordSize) else { continue }
      let meaning = Meaning(call: row.call, requirement: row.requirement)
      guard let place = Int(exactly: number &- base), meanings.indices.contains(place) else {
        others.append((number, meaning))
        continue
      }
      if meanings[place].first == nil {
        meanings[place].first = meaning
      } else {
        meanings[place].second = meaning
      }
    }
  }

  private static let o32 = Self(.bits32, base: 4000)
  private static let n64 = Self(.bits64, base: 5000)

  /// What a number means under `rules`; nil if no row has it.
  static func call(of number: UInt64, under rules: Rules) -> SystemCall? {
    rules.wordSize == .bits32
      ? o32.call(of: number, under: rules) : n64.call(of: number, under: rules)
  }

  private func call(of number: UInt64, under rules: Rules) -> SystemCall? {
    let place = number &- base
    guard place < UInt64(meanings.count) else {
      return others.first { $0.number == number && $0.meaning.requirement.holds(under: rules) }?
        .meaning.call
    }
    let (first, second) = meanings[Int(place)]
    if let first, first.requirement.holds(under: rules) { return first.call }
    if let second, second.requirement.holds(under: rules) { return second.call }
    return nil
  }
}
