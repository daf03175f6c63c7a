import CFPVM
import CFalconet
import FalconetELF
import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetRun
import FalconetSnapshots
import FalconetStreams
import Keccak

/// A machine as the table hands it out.
///
/// Safety: as ``Handle``.
final class FPVMMachine: Handle, @unchecked Sendable {
  override class var kind: String { "machine" }

  let base: MachineHandle
  private(set) var callbacks = FPVMCallbacks()

  init(_ base: MachineHandle) throws(CallError) {
    self.base = base
    super.init()
    try setCallbacks(fpvm_callbacks())
  }

  var machine: Machine { base.machine }
  var claim: Bytes32 { machine.claim() }

  func setCallbacks(_ callbacks: fpvm_callbacks) throws(CallError) {
    let callbacks = FPVMCallbacks(callbacks)
    try base.setSource(PreimageSource(.custom { callbacks }))
    machine.onOutput = { stream, bytes in callbacks.output(UInt32(stream.rawValue), bytes) }
    self.callbacks = callbacks
  }

  /// Calls `body` with the machine of a handle, which no other call uses.
  static func use<Value>(
    _ handle: OpaquePointer?, _ body: (FPVMMachine) throws(CallError) -> Value
  ) throws(CallError) -> Value { try Handles.use(handle, FPVMMachine.self, body) }

  // MARK: Opening

  /// The first state of a program: an ELF file, or a snapshot in any of the formats.
  convenience init(program input: fpvm_input) throws(CallError) {
    let options = try FPVMOptions(input)
    let kind = try FPVMKinds.revision(input.kind)
    let source = PeekedSource(try Self.source(of: input))
    let isELF = try streaming { () throws(StreamError) in
      try source.start(of: 4) == [0x7F, 0x45, 0x4C, 0x46]
    }
    let base: MachineHandle
    if isELF {
      let bytes = try streaming { () throws(StreamError) in
        try ByteReader(source).readAll(limit: 1 << 32)
      }
      let prestate: Prestate
      do throws(ELFError) {
        let elf = try ELFFile(bytes: bytes, name: source.name)
        prestate = try Prestate.load(
          elf, version: kind?.version ?? StateVersion.newest(with: elf.wordSize))
      } catch { throw CallError(error) }
      base = try MachineHandle(prestate)
    } else {
      let image = try streaming { () throws(StreamError) in
        try Snapshot.loadHashed(from: source)
      }
      base = try MachineHandle(image, nil)
    }
    try base.choose(kind, options, isState: false)
    try self.init(base)
  }

  /// A machine of the bytes of a state: its claim, and then a snapshot in the format `.fsnap`.
  convenience init(state input: fpvm_input) throws(CallError) {
    let options = try FPVMOptions(input)
    let kind = try FPVMKinds.revision(input.kind)
    let source = PeekedSource(try Self.source(of: input))
    let (claim, image) = try streaming { () throws(StreamError) in
      guard let claim = Bytes32(try source.take(32)) else {
        throw StreamError(.truncated, path: source.name, message: "the state ends in its claim")
      }
      return (claim, try Snapshot.loadHashed(from: source, SnapshotReading(from: .fsnap)))
    }
    let base = try MachineHandle(image, nil)
    guard base.machine.claim() == claim else {
      throw CallError(
        FALCONET_BAD_DATA,
        "the state begins with the claim \(claim), but has the claim \(base.machine.claim())")
    }
    try base.choose(kind, options, isState: true)
    try self.init(base)
  }

  private static func source(of input: fpvm_input) throws(CallError) -> any ByteSource {
    guard input.reserved == 0 else { throw .invalid("a reserved number is not 0") }
    if let read = input.read { return FPVMSource(read, input.context) }
    guard let count = Int(exactly: input.bytes.count) else {
      throw .invalid("bytes: the count is too large")
    }
    return BorrowedSource(try Argument.bytes(input.bytes.bytes, count, "bytes"))
  }

  /// A machine in the same state, with a memory of its own, and without callbacks.
  convenience init(copying other: FPVMMachine) throws(CallError) {
    let image = try streaming { () throws(StreamError) in
      try MemoryImage(copying: other.machine.checkpoint())
    }
    let base = try MachineHandle(image, nil)
    base.machine.revision = other.machine.revision
    base.machine.engine = other.machine.engine
    try self.init(base)
  }

  // MARK: Saving

  /// Writes the bytes of the state.
  func write(to sink: any ByteSink) throws(CallError) {
    let claim = claim
    try streaming { () throws(StreamError) in
      try sink.write(claim.bytes)
      try Snapshot.write(MemoryImage(machine), to: sink, as: .fsnap)
    }
  }

  // MARK: Executing

  func run(until step: UInt64, stopsAtReads: Bool) throws(CallError) -> falconet_stop {
    var schedule = RunSchedule()
    schedule.asksAfterPreimageReads = stopsAtReads
    base.control.progress = callbacks.progress(from: machine.step)
    do throws(CallError) {
      return try base.run(until: step, schedule, RunEvents(machine: base))
    } catch { throw callbacks.named(error) }
  }

  func prove() throws(CallError) -> StepProof {
    do throws(CallError) { return try base.prove() } catch { throw callbacks.named(error) }
  }
}

extension StateVersion {
  /// The newest version of a word size.
  fileprivate static func newest(with wordSize: WordSize) -> StateVersion {
    allCases.last { $0.wordSize == wordSize } ?? newest
  }
}

extension MachineHandle {
  /// Sets what an input chooses.
  ///
  /// - Parameter isState: whether the input says which kind it is, so that another is an error.
  fileprivate func choose(
    _ kind: Revision?, _ options: FPVMOptions, isState: Bool
  ) throws(CallError) {
    machine.engine = options.engine
    guard let kind else { return }
    guard kind == machine.revision || !isState && kind.version == machine.version else {
      throw CallError(
        FALCONET_BAD_DATA,
        "the input is of kind \(FPVMKinds.name(of: machine.revision)), not"
          + " \(FPVMKinds.name(of: kind))")
    }
    machine.revision = kind
  }
}

/// A source whose first bytes are looked at before they are read.
private final class PeekedSource: ByteSource {
  private let source: any ByteSource
  private var peeked: [UInt8] = []

  init(_ source: any ByteSource) { self.source = source }

  var name: String { source.name }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    guard !peeked.isEmpty else { return try source.read(into: buffer) }
    let part = peeked.prefix(buffer.count)
    buffer.copyBytes(from: part)
    peeked.removeFirst(part.count)
    return part.count
  }

  /// Up to `count` bytes, which are read again later.
  func start(of count: Int) throws(StreamError) -> [UInt8] {
    peeked = try take(count)
    return peeked
  }

  /// Up to `count` bytes; fewer only at the end.
  func take(_ count: Int) throws(StreamError) -> [UInt8] {
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: count)
    while bytes.count < count {
      let left = count - bytes.count
      let result = room.withUnsafeMutableBytes { (room) -> Result<Int, StreamError> in
        do throws(StreamError) {
          return .success(
            try source.read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<left])))
        } catch { return .failure(error) }
      }
      let got = try result.get()
      if got == 0 { break }
      bytes += room[..<got]
    }
    return bytes
  }
}
