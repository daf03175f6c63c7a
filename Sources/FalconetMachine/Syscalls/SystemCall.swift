/// The system calls that a machine knows.
package enum SystemCall: Sendable, Equatable {
  case mmap, brk, clone, exitGroup, read, write, fcntl, exit, yield, gettid, futex, open
  case clockGetTime, getpid, getrandom, eventfd2
  /// Answers 0 and does nothing.
  case noOperation

  /// The call of a number in register 2, or nil where the machine must stop.
  package init?(number: UInt64, under rules: Rules) {
    let is32 = rules.wordSize == .bits32
    let base: UInt64 = is32 ? 4000 : 5000
    let offset = Int(exactly: number &- base) ?? -1
    let table = is32 ? Self.calls32 : Self.calls64
    let known = table.indices.contains(offset) ? table[offset] : nil
    if rules.threading == .single {
      self = known.flatMap { Self.singleThreaded.contains($0) ? $0 : nil } ?? .noOperation
      return
    }
    if let known {
      self = known
    } else if rules.eventDescriptors, offset == Self.eventfd2Offset64 {
      self = .eventfd2
    } else if rules.eventDescriptors, offset == Self.mprotectOffset64 {
      self = .noOperation
    } else if rules.processControl, offset == Self.prctlOffset64 {
      self = .noOperation
    } else if rules.allOnesSystemCallIsNoOperation, number == .max {
      self = .noOperation
    } else {
      return nil
    }
    if self == .getrandom, !rules.randomBytes { self = .noOperation }
  }

  /// What a single-threaded machine does; it answers 0 to all else.
  private static let singleThreaded: [SystemCall] = [
    .mmap, .brk, .clone, .exitGroup, .read, .write, .fcntl,
  ]

  private static let mprotectOffset64 = 10
  private static let eventfd2Offset64 = 284
  private static let prctlOffset64 = 153

  /// Numbers of the o32 ABI of Linux, less 4000.
  private static let calls32 = table(
    [
      (90, .mmap), (45, .brk), (120, .clone), (246, .exitGroup), (3, .read), (4, .write),
      (55, .fcntl), (1, .exit), (162, .yield), (166, .yield), (222, .gettid), (238, .futex),
      (5, .open), (263, .clockGetTime), (20, .getpid), (353, .getrandom),
    ],
    noOperations: [
      // munmap, sched_getaffinity, madvise, rt_sigprocmask, sigaltstack, rt_sigaction, prlimit64
      91, 240, 218, 195, 206, 194, 338,
      // close, pread64, stat, fstat, fstat64, stat64, _llseek, openat, readlink, readlinkat
      6, 200, 106, 108, 215, 213, 140, 288, 85, 298,
      // epoll_create1, pipe2, epoll_ctl, epoll_pwait, uname, getuid, getgid, mincore, tgkill
      326, 328, 249, 313, 122, 24, 47, 217, 266,
      // getrlimit, lseek, setitimer, timer_create, timer_settime, timer_delete, ioctl
      76, 19, 104, 257, 258, 261, 54,
    ])

  /// Numbers of the n64 ABI of Linux, less 5000.
  private static let calls64 = table(
    [
      (9, .mmap), (12, .brk), (55, .clone), (205, .exitGroup), (0, .read), (1, .write),
      (70, .fcntl), (58, .exit), (23, .yield), (34, .yield), (178, .gettid), (194, .futex),
      (2, .open), (222, .clockGetTime), (38, .getpid), (313, .getrandom),
    ],
    noOperations: [
      // munmap, sched_getaffinity, madvise, rt_sigprocmask, sigaltstack, rt_sigaction, prlimit64
      11, 196, 27, 14, 129, 13, 297,
      // close, pread64, stat, fstat, openat, readlink, readlinkat
      3, 16, 4, 5, 247, 87, 257,
      // epoll_create1, pipe2, epoll_ctl, epoll_pwait, uname, getuid, getgid, mincore, tgkill
      285, 287, 208, 272, 61, 100, 102, 26, 225,
      // getrlimit, lseek, setitimer, timer_create, timer_settime, timer_delete, ioctl
      95, 8, 36, 216, 217, 220, 15,
    ])

  private static func table(
    _ calls: [(Int, SystemCall)], noOperations: [Int]
  ) -> [SystemCall?] {
    var table = [SystemCall?](repeating: nil, count: 400)
    for (offset, call) in calls { table[offset] = call }
    for offset in noOperations { table[offset] = .noOperation }
    return table
  }
}

/// Linux error numbers that system calls answer.
enum ErrorNumber: UInt64 {
  case badDescriptor = 9
  case tryAgain = 11
  case invalid = 22
  case timedOut = 145
}

/// What a system call answers.
enum SystemCallResult {
  case value(UInt64)
  case failed(ErrorNumber)
}
