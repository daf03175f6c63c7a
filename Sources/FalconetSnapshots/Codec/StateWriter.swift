import FalconetMachine
import FalconetStreams

/// Writes the fields of a state in the order of a layout: the counterpart of ``StateReader``.
enum StateWriter {
  /// Everything but the memory, in the order of ``StateVersion/snapshotLayout``, in parts.
  ///
  /// - Parameters:
  ///   - name: the file, for errors.
  ///   - head: what comes before the bytes of the hint: see ``head(of:)``.
  static func write(
    _ state: MachineState, of name: String, head: [UInt8]? = nil,
    to body: ([UInt8]) throws(StreamError) -> Void
  ) throws(StreamError) {
    let head = head ?? self.head(of: state)
    try checkHint(of: state, name: name)
    try body(head)
    try writeHint(of: state, name: name, to: body)
  }

  /// Checks that the unfinished hint has a place in a snapshot.
  static func checkHint(of state: MachineState, name: String) throws(StreamError) {
    guard state.lastHint.count <= Snapshot.hintLimit else {
      throw StreamError(
        .unsupported, path: name,
        message: "an unfinished hint of \(state.lastHint.count) bytes does not fit into a snapshot:"
          + " its length has 4 bytes", remedy: "save the state of another step")
    }
  }

  /// The bytes of the unfinished hint, in parts.
  static func writeHint(
    of state: MachineState, name: String, to body: ([UInt8]) throws(StreamError) -> Void
  ) throws(StreamError) {
    let size = state.lastHint.count
    for start in stride(from: 0, to: size, by: PendingHint.partSize) {
      let part: [UInt8]
      do {
        part = try state.lastHint.bytes(start..<min(start + PendingHint.partSize, size))
      } catch { throw StreamError(storing: error, of: name) }
      try body(part)
    }
  }

  /// Everything but the memory and the bytes of the hint, whose length is the end.
  static func head(of state: MachineState) -> [UInt8] {
    var encoder = FieldEncoder(version: state.version, reserving: 512)
    for field in state.version.snapshotLayout.fields {
      switch field.form {
      case .stack(let side): append(state.threads.stack(side), of: state, to: &encoder)
      case .hint: encoder.append(UInt64(state.lastHint.count), bytes: 4)
      case .number, .address, .boolean, .hash, .registers, .memoryRoot, .stackRoot:
        encoder.append(field, of: state)
      }
    }
    return encoder.bytes
  }

  private static func append(
    _ threads: [ThreadState], of state: MachineState, to encoder: inout FieldEncoder
  ) {
    encoder.append(UInt64(threads.count), bytes: state.version.wordSize.bytes)
    for thread in threads { encoder.append(thread) }
  }
}
