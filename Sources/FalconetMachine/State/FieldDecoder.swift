import Keccak

/// Takes a state's fields from their big-endian encoding, as ``FieldEncoder`` puts them there.
struct FieldDecoder {
  private var bytes: ArraySlice<UInt8>
  let version: StateVersion

  /// - Precondition: `bytes` holds all fields that are asked for.
  init(_ bytes: ArraySlice<UInt8>, version: StateVersion) {
    self.bytes = bytes
    self.version = version
  }

  mutating func integer(bytes count: Int) -> UInt64 {
    let value = bytes.prefix(count).bigEndian
    bytes = bytes.dropFirst(count)
    return value
  }

  mutating func bytes32() -> Bytes32 {
    let value = Bytes32(bytes.prefix(32)) ?? Bytes32()
    bytes = bytes.dropFirst(32)
    return value
  }

  /// 0 or 1.
  mutating func boolean(_ field: String) throws(WitnessFault) -> UInt64 {
    let value = UInt8(truncatingIfNeeded: integer(bytes: 1))
    guard value < 2 else { throw .boolean(field: field, value: value) }
    return UInt64(value)
  }

  mutating func registers() -> Registers {
    var registers = Registers()
    for index in 0..<32 { registers[index] = integer(bytes: version.wordSize.bytes) }
    return registers
  }

  /// One thread: `version.threadLayout`.
  mutating func thread() throws(WitnessFault) -> ThreadState {
    var thread = ThreadState(id: 0, version: version)
    for field in version.threadLayout.fields {
      switch field.form {
      case .boolean: thread[field] = try boolean("\(field.name) of the thread")
      case .registers: thread.registers = registers()
      case .number, .address: thread[field] = integer(bytes: field.byteCount(in: version))
      // No thread has these.
      case .hash, .memoryRoot, .stackRoot, .stack, .hint: break
      }
    }
    return thread
  }
}
