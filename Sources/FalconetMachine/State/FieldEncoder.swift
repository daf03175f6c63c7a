import Keccak

/// Collects the big-endian encoding of a state's fields.
package struct FieldEncoder {
  package private(set) var bytes: [UInt8] = []
  let version: StateVersion

  package init(version: StateVersion, reserving capacity: Int = 0) {
    self.version = version
    bytes.reserveCapacity(capacity)
  }

  mutating func append(_ value: Bytes32) {
    value.withBytes { bytes.append(contentsOf: $0) }
  }

  package mutating func append(_ value: [UInt8]) { bytes.append(contentsOf: value) }

  /// The low `count` bytes of `value`, most significant first.
  package mutating func append(_ value: UInt64, bytes count: Int) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0.suffix(count)) }
  }

  /// The encoding of one thread: `version.threadLayout`.
  package mutating func append(_ thread: ThreadState) {
    for field in version.threadLayout.fields {
      if field.form == .registers {
        append(thread.registers)
      } else {
        append(thread[field], bytes: field.byteCount(in: version))
      }
    }
  }

  mutating func append(_ registers: Registers) {
    for index in 0..<32 { append(registers[index], bytes: version.wordSize.bytes) }
  }

  /// One field of fixed size that a state's scalars or its only thread hold.
  package mutating func append(_ field: StateField, of state: MachineState) {
    switch field.form {
    case .number, .address, .boolean: append(state[field], bytes: field.byteCount(in: version))
    case .hash(let hash): append(state.scalars[hash])
    case .registers: append(state.threads.left.first?.registers ?? Registers())
    // Neither scalars nor a thread: whoever has them appends them.
    case .memoryRoot, .stackRoot, .stack, .hint: break
    }
  }
}
