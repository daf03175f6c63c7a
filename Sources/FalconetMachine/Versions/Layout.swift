/// The fields of an encoding of a state version, in order: witness, snapshot, thread.
///
/// One list, made of the fields' rows, serves writing, reading and sizes. All integers are big-endian;
/// `word` fields take the version's word size.
package struct Layout<Field: LayoutField>: Sendable {
  package let fields: [Field]
  package let version: StateVersion
  /// Bytes of the encoding, without fields of varying size.
  package let byteCount: Int

  fileprivate init(_ encoding: FieldEncodings, of version: StateVersion) {
    fields = Field.allCases.filter {
      $0.row.encodings.isSuperset(of: encoding) && $0.row.requirement.holds(in: version)
    }
    self.version = version
    byteCount = fields.reduce(0) { $0 + $1.byteCount(in: version) }
  }
}

extension StateVersion {
  private static let witnessLayouts = allCases.map { Layout<StateField>(.witness, of: $0) }
  private static let snapshotLayouts = allCases.map { Layout<StateField>(.snapshot, of: $0) }
  private static let threadLayouts = allCases.map { Layout<ThreadField>(.witness, of: $0) }

  /// The witness: what a claim is the hash of.
  package var witnessLayout: Layout<StateField> { Self.witnessLayouts[Int(rawValue)] }

  /// What follows the memory in a `.bin` snapshot.
  package var snapshotLayout: Layout<StateField> { Self.snapshotLayouts[Int(rawValue)] }

  /// One thread. A single-threaded state has no such encoding; its layout is that of version 5.
  package var threadLayout: Layout<ThreadField> { Self.threadLayouts[Int(rawValue)] }
}
