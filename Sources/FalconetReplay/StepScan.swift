import FalconetMachine
import Keccak

/// Which steps a scan reports.
package struct ScanRequest: Sendable {
  /// Addresses of instructions, watched bytes, and whether system calls count. Thread switches do not.
  package var conditions = StopConditions()
  /// Addresses of functions: a step that executes one is a call, with what the arguments may be.
  package var calls: Set<UInt64> = []
  /// Whether a step counts that begins to read a pre-image.
  package var preimages = false
  /// Whether a step counts that completes a hint.
  package var hints = false
  /// Whether a step counts that writes to standard output or error.
  package var output = false
  /// The thread whose steps count; nil for all.
  package var thread: UInt64?
  /// What registers must hold before a step that counts.
  package var values: [RegisterValue] = []
  /// Whether the time that a system call takes is measured.
  package var measuresTime = false

  package init() {}

  /// Bytes that may be watched in all: 1 MiB.
  package static let mostWatched: UInt64 = 1 << 20

  /// Why no machine of a version can be scanned for this; nil if each can.
  package func problem(_ version: StateVersion) -> String? {
    var total: UInt64 = 0
    for range in conditions.writes + conditions.reads {
      guard range.last <= version.wordSize.mask else {
        return "bytes outside of the machine's address space cannot be watched"
      }
      total += min(range.last - range.start, Self.mostWatched) + 1
      guard total <= Self.mostWatched else {
        return "at most \(Self.mostWatched) bytes can be watched"
      }
    }
    return nil
  }

  fileprivate var stops: StopConditions {
    var stops = conditions
    stops.threadSwitches = false
    stops.addresses.formUnion(calls)
    // What a system call writes no instruction says.
    stops.systemCalls =
      conditions.systemCalls || preimages || hints || output || !conditions.writes.isEmpty
    return stops
  }

  fileprivate func admits(_ state: ThreadState) -> Bool {
    if let thread, state.id != thread { return false }
    return values.allSatisfy { $0.register.value(in: state) == $0.value }
  }
}

/// A register and a value.
package struct RegisterValue: Sendable, Equatable {
  package enum Register: Sendable, Equatable {
    case general(Int)
    case hi, lo

    package func value(in thread: ThreadState) -> UInt64 {
      switch self {
      case .general(let index): thread.registers[index]
      case .hi: thread.hi
      case .lo: thread.lo
      }
    }
  }

  package var register: Register
  package var value: UInt64

  package init(_ register: Register, _ value: UInt64) {
    self.register = register
    self.value = value
  }
}

/// A step that a scan was to find, and what it did.
package struct ScanHit: Sendable {
  package enum Event: Sendable {
    /// An instruction at one of the addresses.
    case instruction
    /// The first instruction of a function, with the words from the stack pointer on.
    case call(stack: [UInt64])
    /// An access to watched bytes: what the first eight bytes from its start on were, and are now.
    case access(GuestAccess, before: UInt64, after: UInt64)
    case systemCall(SystemCallRecord)
    /// The first bytes of a pre-image were read; its size.
    case preimage(Bytes32, size: Int)
    /// A hint was completed; of a long one the first bytes.
    case hint([UInt8], size: Int)
    case output(GuestStream, [UInt8])
  }

  /// Steps executed before.
  package var step: UInt64
  /// The thread before the step.
  package var thread: ThreadState
  package var events: [Event]
  /// How long a system call took, if that was measured.
  package var duration: Duration?

  package var pc: UInt64 { thread.pc }
}

extension Machine {
  /// Executes up to a step in one pass, and reports the steps that a request is about.
  ///
  /// Between them the engine executes. Nothing of the run is different, and the machine has no stops
  /// afterwards.
  ///
  /// - Parameters:
  ///   - includes: whether an event is one that is looked for; a step without any is not reported.
  ///   - report: called after each of the steps, in their order. Returns whether the scan goes on.
  package func scan(
    until last: UInt64, for request: ScanRequest,
    where includes: (ScanHit.Event) -> Bool = { _ in true },
    report: (ScanHit) throws(MachineError) -> Bool
  ) throws(MachineError) -> ObservedStop {
    let stops = request.stops
    let ears = ScanEars(oracle, onOutput)
    if request.hints { oracle = ears }
    if request.output { onOutput = ears.hear }
    defer {
      if request.hints { oracle = ears.source }
      if request.output { onOutput = ears.output }
      forgetStops()
    }
    while true {
      let stop = try run(until: last, stoppingFor: stops, skipsFirst: false)
      switch stop {
      case .step, .exited, .interrupted: return stop
      case .address, .access, .systemCall, .systemCallWrote, .threadSwitch: break
      }
      guard let thread = state.activeThread, request.admits(thread) else {
        try runStep()
        continue
      }
      var hit = nextHit(thread, request)
      ears.reset()
      let start = request.measuresTime ? ContinuousClock.now : nil
      let call = nextSystemCall
      try runStep()
      hit.duration = start.map { $0.duration(to: .now) }
      complete(&hit, call, request, ears)
      hit.events.removeAll { !includes($0) }
      if !hit.events.isEmpty, try !report(hit) { return .step }
    }
  }

  /// What is known of a step before it is executed.
  private func nextHit(_ thread: ThreadState, _ request: ScanRequest) -> ScanHit {
    var hit = ScanHit(step: step, thread: thread, events: [])
    if request.conditions.addresses.contains(thread.pc) { hit.events.append(.instruction) }
    if request.calls.contains(thread.pc) {
      hit.events.append(.call(stack: stack(of: thread)))
    }
    if let access = nextAccess {
      let ranges = access.isWrite ? request.conditions.writes : request.conditions.reads
      if ranges.contains(where: { $0.overlaps(access.range) }) {
        let value = bytes(from: access.range)
        hit.events.append(.access(access, before: value, after: value))
      }
    }
    guard nextSystemCall != nil else { return hit }
    let record = SystemCallRecord(of: thread, step: step, version)
    for range in request.conditions.writes.isEmpty ? [] : mayWrite(record) {
      let value = bytes(from: range)
      let access = GuestAccess(range: range, isWrite: true)
      hit.events.append(.access(access, before: value, after: value))
    }
    if request.conditions.systemCalls { hit.events.append(.systemCall(record.withText(memory))) }
    return hit
  }

  /// Adds what the step did.
  private func complete(
    _ hit: inout ScanHit, _ call: SystemCall?, _ request: ScanRequest, _ ears: ScanEars
  ) {
    var events: [ScanHit.Event] = []
    for event in hit.events {
      switch event {
      case .access(var access, let before, _):
        if let call, access.isWrite {
          guard let written = written(access.range, by: call, hit.thread),
            request.conditions.writes.contains(where: { $0.overlaps(written) })
          else { continue }
          access.range = written
        }
        events.append(.access(access, before: before, after: bytes(from: access.range)))
      case .systemCall(var record):
        record.complete(self)
        events.append(.systemCall(record))
      case .instruction, .call, .preimage, .hint, .output: events.append(event)
      }
    }
    if request.preimages, call == .read, let read = lastPreimageRead, read.offset == 0 {
      events.append(.preimage(read.key, size: max(read.value.count - 8, 0)))
    }
    if call != nil { events += ears.heard }
    hit.events = events
  }

  // MARK: What system calls write

  /// The bytes that a system call writes if it succeeds, at most.
  private func mayWrite(_ record: SystemCallRecord) -> [WatchedRange] {
    let size = UInt64(version.wordSize.bytes)
    let (first, second) = (record.arguments[0], record.arguments[1])
    switch nextSystemCall {
    case .read: return record.arguments[2] == 0 ? [] : [WatchedRange(second, count: 1)]
    case .getrandom: return second == 0 ? [] : [WatchedRange(first, count: 1)]
    case .clockGetTime:
      return [WatchedRange(second & version.wordSize.addressMask, count: 2 * size)]
    // The others write no memory.
    case .mmap, .brk, .gettid, .open, .write, .fcntl, .eventfd2, .clone, .exitGroup, .exit, .yield,
      .futex, .noOperation, nil:
      return []
    }
  }

  /// The bytes that a system call, which was made, has written.
  private func written(
    _ range: WatchedRange, by call: SystemCall, _ before: ThreadState
  ) -> WatchedRange? {
    // None of these calls makes another thread active.
    guard let registers = state.activeThread?.registers, registers[7] == 0 else { return nil }
    switch call {
    case .read where before.registers[4] != FileDescriptor.preimageRead: return nil
    case .read, .getrandom:
      return registers[2] == 0 ? nil : WatchedRange(range.start, count: registers[2])
    case .clockGetTime: return range
    case .mmap, .brk, .gettid, .open, .write, .fcntl, .eventfd2, .clone, .exitGroup, .exit, .yield,
      .futex, .noOperation:
      return nil
    }
  }

  // MARK: Values

  /// Words from a thread's stack pointer on.
  private func stack(of thread: ThreadState) -> [UInt64] {
    let size = UInt64(version.wordSize.bytes)
    return (0..<ScanHit.stackWords).map {
      memory.loadWord(at: (thread.registers[29] &+ $0 &* size) & version.wordSize.mask)
    }
  }

  /// The first eight bytes of a range, left-aligned.
  private func bytes(from range: WatchedRange) -> UInt64 {
    var bytes: [UInt8] = []
    memory.read(into: &bytes, from: range.start & version.wordSize.mask, count: 8)
    return bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension ScanHit {
  /// Words of the stack that a call has.
  static let stackWords: UInt64 = 12
}

/// Hears the hints and the output of a step.
private final class ScanEars: PreimageOracle {
  private(set) var source: any PreimageOracle
  let output: (GuestStream, [UInt8]) -> Void
  private(set) var heard: [ScanHit.Event] = []

  init(_ source: any PreimageOracle, _ output: @escaping (GuestStream, [UInt8]) -> Void) {
    self.source = source
    self.output = output
  }

  func reset() { heard.removeAll(keepingCapacity: true) }

  func hear(_ stream: GuestStream, _ bytes: [UInt8]) {
    output(stream, bytes)
    heard.append(.output(stream, bytes))
  }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    try source.preimage(for: key)
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) {
    try source.hint(hint)
    heard.append(.hint(Array(hint.prefix(HostRequest.longestHint)), size: hint.count))
  }

  func longHint(_ hint: LongHint) throws(PreimageError) {
    try source.longHint(hint)
    let start = try hint.bytes(0..<min(hint.count, HostRequest.longestHint))
    heard.append(.hint(start, size: hint.count))
  }

  var takesHints: Bool { source.takesHints }

  func flush() throws(PreimageError) { try source.flush() }
}
