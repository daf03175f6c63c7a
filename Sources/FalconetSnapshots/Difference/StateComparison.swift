import FalconetMachine

/// Compares all of two states that is not memory.
struct StateComparison {
  private let left: MachineState
  private let right: MachineState

  init(_ left: MachineState, _ right: MachineState) {
    self.left = left
    self.right = right
  }

  // MARK: Scalars

  /// The scalars that differ, in the order of the snapshot layouts; what one version alone has comes
  /// last.
  var fields: [SnapshotDifference.FieldChange] {
    var changes: [SnapshotDifference.FieldChange] = []
    func record(
      _ name: String, _ left: SnapshotDifference.FieldValue?,
      _ right: SnapshotDifference.FieldValue?
    ) {
      guard left != right else { return }
      changes.append(SnapshotDifference.FieldChange(name: name, left: left, right: right))
    }
    record(
      "stateVersion", .number(UInt64(left.version.rawValue)),
      .number(UInt64(right.version.rawValue)))
    let (own, other) = (left.scalarFields, right.scalarFields)
    for field in own + other.filter({ !own.contains($0) }) {
      record(
        field.name, own.contains(field) ? left.value(of: field) : nil,
        other.contains(field) ? right.value(of: field) : nil)
    }
    for side in StackSide.allCases {
      record(
        side == .left ? "leftStack" : "rightStack", .bytes(left.identifiers(of: side)),
        .bytes(right.identifiers(of: side)))
    }
    return changes
  }

  // MARK: Threads

  /// The threads that differ, matched by their ids.
  var threads: [SnapshotDifference.ThreadChange] {
    var others = right.threadsByID
    var changes: [SnapshotDifference.ThreadChange] = []
    for thread in left.allThreads {
      guard var candidates = others[thread.id], !candidates.isEmpty else {
        changes.append(only(thread, .onlyLeft))
        continue
      }
      let other = candidates.removeFirst()
      others[thread.id] = candidates
      let fields = compare(thread, other)
      guard !fields.isEmpty else { continue }
      changes.append(
        SnapshotDifference.ThreadChange(
          id: thread.id, kind: .changed, fields: fields, leftPC: thread.pc, rightPC: other.pc))
    }
    for thread in others.values.joined().sorted(by: { $0.id < $1.id }) {
      changes.append(only(thread, .onlyRight))
    }
    return changes
  }

  private func only(
    _ thread: ThreadState, _ kind: SnapshotDifference.Kind
  ) -> SnapshotDifference.ThreadChange {
    SnapshotDifference.ThreadChange(
      id: thread.id, kind: kind, fields: [], leftPC: kind == .onlyLeft ? thread.pc : nil,
      rightPC: kind == .onlyRight ? thread.pc : nil)
  }

  private func compare(
    _ thread: ThreadState, _ other: ThreadState
  ) -> [SnapshotDifference.FieldChange] {
    var changes: [SnapshotDifference.FieldChange] = []
    let own = left.version.threadLayout.fields
    let others = right.version.threadLayout.fields
    for field in own + others.filter({ !own.contains($0) }) {
      if field == .registers {
        changes += compare(thread.registers, other.registers)
        continue
      }
      let left = own.contains(field) ? field.value(of: thread) : nil
      let right = others.contains(field) ? field.value(of: other) : nil
      if left != right {
        changes.append(
          SnapshotDifference.FieldChange(name: field.name, left: left, right: right))
      }
    }
    return changes
  }

  private func compare(
    _ registers: Registers, _ other: Registers
  ) -> [SnapshotDifference.FieldChange] {
    Registers.names.enumerated().compactMap { index, name in
      registers[index] == other[index]
        ? nil
        : SnapshotDifference.FieldChange(
          name: name, left: .address(registers[index]), right: .address(other[index]))
    }
  }
}

extension MachineState {
  /// The threads of both stacks, bottom first.
  fileprivate var allThreads: [ThreadState] { threads.left + threads.right }

  fileprivate var threadsByID: [UInt64: [ThreadState]] {
    Dictionary(grouping: allThreads, by: \.id)
  }

  /// The fields of the snapshot that no thread has.
  fileprivate var scalarFields: [StateField] {
    version.snapshotLayout.fields.filter {
      if case .stack = $0.form { false } else { !$0.isOfThread }
    }
  }

  fileprivate func value(of field: StateField) -> SnapshotDifference.FieldValue {
    switch field.form {
    case .hash(let hash): .bytes(scalars[hash].bytes)
    case .hint: .bytes(lastHint.shown)
    case .address: .address(self[field])
    case .number, .boolean: .number(self[field])
    // Neither is a scalar of a snapshot.
    case .memoryRoot, .stackRoot, .registers, .stack: .bytes([])
    }
  }

  /// The ids of a stack's threads, bottom first, a byte string as the order of threads is compared.
  fileprivate func identifiers(of side: StackSide) -> [UInt8] {
    threads.stack(side).flatMap { thread in
      withUnsafeBytes(of: thread.id.bigEndian) { Array($0) }
    }
  }
}

extension ThreadField {
  fileprivate func value(of thread: ThreadState) -> SnapshotDifference.FieldValue {
    if case .address = form { .address(thread[self]) } else { .number(thread[self]) }
  }
}

extension PendingHint {
  /// The bytes, or of many a hash of them.
  fileprivate var shown: [UInt8] {
    if count <= 1 << 16, let bytes = try? bytes(0..<count) { return bytes }
    return digest?.bytes ?? []
  }
}
