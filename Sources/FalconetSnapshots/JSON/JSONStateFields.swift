import FalconetMachine
import FalconetStreams
import Keccak

/// Collects the fields of a JSON state, whose keys tell whether it has one thread or many.
struct JSONStateFields {
  enum Key: Hashable {
    case memory
    case field(StateField)
    /// What held pc, nextPC, lo and hi of a single-threaded state for a day in June 2024.
    case cpu
  }

  /// The keys of fields in lower case, since the letters' case does not count.
  static let keys: [String: Key] = {
    let fields = StateField.allCases.compactMap { field in
      field.row.json.map { ($0.lowercased(), Key.field(field)) }
    }
    return Dictionary(uniqueKeysWithValues: fields + [("memory", .memory), ("cpu", .cpu)])
  }()

  /// The version of a state with one thread.
  private static let single = StateVersion.v0
  /// The version of a state with many threads: what a state of the prototype becomes.
  private static let multiple = StateVersion.v1
  private let json: JSONReader
  private let name: String
  /// Scalars, and the thread of a state that has one.
  private var state: MachineState
  private var stacks = ThreadTable(left: [], right: [])
  /// A key that only a state with one thread has, and one that only a state with many has.
  private var singleKey: Key?
  private var multipleKey: Key?
  private var hasCPU = false
  private var hasFlatCPU = false

  init(_ json: JSONReader, of name: String) {
    self.json = json
    self.name = name
    state = MachineState(version: Self.single)
    state.threads.left[0] = JSONThreads.zeroThread
  }

  /// Reads the value of a key.
  mutating func read(_ key: Key) throws(StreamError) {
    let threads = JSONThreads(json: json, name: name)
    switch key {
    case .memory: try json.skipValue()
    case .cpu:
      hasCPU = true
      singleKey = key
      try threads.readCPU(into: &state.threads.left[0])
    case .field(let field):
      record(field)
      switch field.form {
      case .number, .address:
        state[field] = try json.readInteger(bytes: field.byteCount(in: Self.multiple))
      case .boolean: state[field] = try json.readBool() ? 1 : 0
      case .hash(let hash): state.scalars[hash] = try readHash(field.name)
      case .registers: state.threads.left[0].registers = try json.readRegisters()
      case .stack(.left): stacks.left = try threads.readStack(after: stacks.right.count)
      case .stack(.right): stacks.right = try threads.readStack(after: stacks.left.count)
      case .hint: state.lastHint = try readHint()
      // In witnesses only, and no key names them.
      case .memoryRoot, .stackRoot: break
      }
    }
  }

  /// Notes what a key says of the number of threads.
  private mutating func record(_ field: StateField) {
    let inSingle = Self.single.snapshotLayout.fields.contains(field)
    let inMultiple = Self.multiple.snapshotLayout.fields.contains(field)
    if inSingle, !inMultiple { singleKey = .field(field) }
    if inMultiple, !inSingle { multipleKey = .field(field) }
    if field.isOfThread, field != .registers { hasFlatCPU = true }
  }

  /// An unfinished hint, which may be too long for memory.
  private func readHint() throws(StreamError) -> PendingHint {
    var hint = PendingHint()
    try json.readHex(maxBytes: Snapshot.hintLimit) { (part) throws(StreamError) in
      do throws(HintStorageError) {
        if part.allSatisfy({ $0 == 0 }) {
          try hint.appendZeros(part.count)
        } else {
          try hint.append(part)
        }
      } catch { throw StreamError(storing: error, of: name) }
    }
    return hint
  }

  private func readHash(_ field: String) throws(StreamError) -> Bytes32 {
    let offset = json.position
    guard let hash = Bytes32(try json.readHex(maxBytes: 32)) else {
      throw StreamError(
        .syntax, path: name, offset: offset,
        message: "\"\(field)\" is not 32 bytes in hexadecimal")
    }
    return hash
  }

  /// The state, once all keys were read.
  func finish() throws(StreamError) -> MachineState {
    if singleKey != nil, multipleKey != nil {
      throw StreamError(
        .corrupt, path: name,
        message: "the JSON has keys of a single-threaded and of a multi-threaded state")
    }
    if hasCPU, hasFlatCPU {
      throw StreamError(
        .corrupt, path: name, message: "the JSON has a program counter inside and outside \"cpu\"")
    }
    var finished = MachineState(version: multipleKey == nil ? Self.single : Self.multiple)
    finished.scalars = state.scalars
    finished.threads = multipleKey == nil ? state.threads : stacks
    finished.lastHint = state.lastHint
    return finished
  }
}
