import Synchronization

/// The instruction table as one revision has it, by the codes of instructions: what the plain step
/// looks an instruction up in.
///
/// Safety: `rows` points to ``count`` rows that are never changed and never freed,
/// and a ``Operation/place(of:)`` is below ``count``. There are as many sets of rows as there are
/// combinations of requirements that revisions have, a handful.
package struct InstructionDecoder: @unchecked Sendable {
  /// What a code means.
  package struct Row {
    package let operation: Operation
    package let kind: InstructionKind
    package let fields: InstructionFields

    fileprivate init(_ operation: Operation) {
      self.operation = operation
      kind = operation.kind
      fields = InstructionFields(kind)
    }
  }

  /// Codes of all spaces.
  private static let count = EncodingSpace.allCases.count << 6

  private let rows: UnsafePointer<Row>

  package init(_ rules: Rules) {
    let requirements = InstructionRequirement.allCases.filter { $0.holds(under: rules) }
    let decoder = Self.known.withLock { known in
      if let decoder = known[requirements] { return decoder }
      let decoder = Self(making: rules)
      known[requirements] = decoder
      return decoder
    }
    rows = decoder.rows
  }

  private init(making rules: Rules) {
    let rows = UnsafeMutablePointer<Row>.allocate(capacity: Self.count)
    for place in 0..<Self.count {
      (rows + place).initialize(to: Row(Operation(at: place, under: rules)))
    }
    self.rows = UnsafePointer(rows)
  }

  /// The decoders that were made, by what their revisions have.
  private static let known = Mutex<[[InstructionRequirement]: InstructionDecoder]>([:])

  /// What `instruction` means. Fields that should be zero are not checked.
  @inline(__always) package subscript(instruction: Instruction) -> Row {
    rows[Operation.place(of: instruction)]
  }
}
