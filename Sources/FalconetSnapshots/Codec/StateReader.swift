import FalconetMachine
import FalconetStreams
import Keccak

/// Reads the fields of a state in the order of a layout.
struct StateReader {
  let reader: ByteReader
  let version: StateVersion

  /// Threads of both stacks: what half of this host's memory has room for. No machine here can have
  /// had more; the limit keeps a few compressed bytes from taking all memory.
  static let threadLimit = HostMemory.size / 2 / MemoryLayout<ThreadState>.stride

  /// Everything but the memory, in the order of ``StateVersion/snapshotLayout``.
  func state() throws(StreamError) -> MachineState {
    var state = MachineState(version: version)
    if !version.isSingleThreaded { state.threads = ThreadTable(left: [], right: []) }
    for field in version.snapshotLayout.fields {
      switch field.form {
      case .number, .address: state[field] = try integer(field.byteCount(in: version))
      case .boolean: state[field] = try boolean(field.name)
      case .hash(let hash): state.scalars[hash] = try bytes32()
      case .registers: state.threads.left[0].registers = try registers()
      case .stack(.left): state.threads.left = try stack(after: 0)
      case .stack(.right): state.threads.right = try stack(after: state.threads.left.count)
      case .hint: state.lastHint = try hint(Int(try reader.readUInt32()))
      // In witnesses only.
      case .memoryRoot, .stackRoot: break
      }
    }
    return state
  }

  /// An unfinished hint, which may be too long for memory.
  private func hint(_ count: Int) throws(StreamError) -> PendingHint {
    var hint = PendingHint()
    while hint.count < count {
      let part = try reader.readBytes(UInt64(min(PendingHint.partSize, count - hint.count)))
      do throws(HintStorageError) {
        if part.allSatisfy({ $0 == 0 }) {
          try hint.appendZeros(part.count)
        } else {
          try hint.append(part)
        }
      } catch { throw StreamError(storing: error, of: reader.name) }
    }
    return hint
  }

  /// A count of threads and the threads, bottom first.
  ///
  /// - Parameter others: threads of the state that came before.
  private func stack(after others: Int) throws(StreamError) -> [ThreadState] {
    let offset = reader.position
    let count = try integer(version.wordSize.bytes)
    guard count <= UInt64(Self.threadLimit - others) else {
      throw StreamError(
        .tooLarge, path: reader.name, offset: offset,
        message: "\(count) threads need more memory than this host has,"
          + " \(Self.threadLimit)", remedy: "the file is corrupt, or use a host with more memory")
    }
    var threads: [ThreadState] = []
    for _ in 0..<count { threads.append(try thread()) }
    return threads
  }

  /// One thread, in the order of ``StateVersion/threadLayout``.
  func thread() throws(StreamError) -> ThreadState {
    var thread = ThreadState(id: 0, version: version)
    for field in version.threadLayout.fields {
      switch field.form {
      case .number, .address: thread[field] = try integer(field.byteCount(in: version))
      case .boolean: thread[field] = try boolean("\(field.name) of a thread")
      case .registers: thread.registers = try registers()
      // No thread has these.
      case .hash, .memoryRoot, .stackRoot, .stack, .hint: break
      }
    }
    return thread
  }

  private func registers() throws(StreamError) -> Registers {
    var registers = Registers()
    for index in 0..<32 { registers[index] = try integer(version.wordSize.bytes) }
    return registers
  }

  private func bytes32() throws(StreamError) -> Bytes32 {
    // The reader gives as many bytes as are asked for, or throws.
    Bytes32(try reader.readBytes(32)) ?? Bytes32()
  }

  /// An unsigned integer of 1, 4 or 8 bytes.
  func integer(_ bytes: Int) throws(StreamError) -> UInt64 {
    switch bytes {
    case 1: UInt64(try reader.readUInt8())
    case 4: UInt64(try reader.readUInt32())
    // No field is of another size: see ``FieldWidth``.
    default: try reader.readUInt64()
    }
  }

  /// 0 or 1.
  private func boolean(_ field: String) throws(StreamError) -> UInt64 {
    let offset = reader.position
    let value = try reader.readUInt8()
    guard value < 2 else {
      throw StreamError(
        .corrupt, path: reader.name, offset: offset,
        message: "field \"\(field)\" is \(value), which is neither 0 nor 1")
    }
    return UInt64(value)
  }
}

extension StreamError {
  /// An unfinished hint can't be stored, or read again.
  init(storing error: HintStorageError, of name: String) {
    self.init(
      .system(errno: error.errno), path: name, message: error.description,
      remedy: HintStorageError.remedy)
  }
}
