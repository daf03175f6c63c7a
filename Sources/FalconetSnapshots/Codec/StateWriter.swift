import FalconetMachine

/// Writes the fields of a state in the order of a layout: the counterpart of ``StateReader``.
enum StateWriter {
  /// Everything but the memory, in the order of ``StateVersion/snapshotLayout``.
  static func bytes(of state: MachineState) -> [UInt8] {
    var encoder = FieldEncoder(version: state.version, reserving: 512)
    for field in state.version.snapshotLayout.fields {
      switch field {
      case .leftStack: append(state.threads.left, of: state, to: &encoder)
      case .rightStack: append(state.threads.right, of: state, to: &encoder)
      case .lastHint:
        encoder.append(UInt64(state.lastHint.count), bytes: 4)
        encoder.append(state.lastHint)
      default: encoder.append(field, of: state)
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
