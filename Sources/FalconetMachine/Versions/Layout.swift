/// The order of fields in a state version's encodings: witness, thread, snapshot.
///
/// One list serves writing, reading and sizes. All integers are big-endian; `word` fields take the
/// version's word size.
package struct Layout<Field: LayoutField>: Sendable {
  package let fields: [Field]
  package let version: StateVersion

  /// Bytes of the encoding, without fields of varying size.
  package var byteCount: Int { fields.reduce(0) { $0 + $1.byteCount(in: version) } }
}

extension StateVersion {
  /// The witness: what a claim is the hash of.
  package var witnessLayout: Layout<StateField> {
    if isSingleThreaded {
      return Layout(
        fields: [
          .memoryRoot, .preimageKey, .preimageOffset, .pc, .nextPC, .lo, .hi, .heap, .exitCode,
          .exited, .step, .registers,
        ], version: self)
    }
    return Layout(
      fields: [.memoryRoot] + sharedFields + [.leftStackRoot, .rightStackRoot, .nextThreadID],
      version: self)
  }

  /// What follows the memory in a `.bin` snapshot.
  package var snapshotLayout: Layout<StateField> {
    if isSingleThreaded {
      return Layout(
        fields: [
          .preimageKey, .preimageOffset, .pc, .nextPC, .lo, .hi, .heap, .exitCode, .exited, .step,
          .registers, .lastHint,
        ], version: self)
    }
    return Layout(
      fields: sharedFields + [.nextThreadID, .leftStack, .rightStack, .lastHint], version: self)
  }

  /// One thread. A single-threaded state has no such encoding; its layout is that of version 5.
  package var threadLayout: Layout<ThreadField> {
    let futex: [ThreadField] =
      hasBlockingFutexes ? [.futexAddress, .futexValue, .futexTimeoutStep] : []
    return Layout(
      fields: [.id, .exitCode, .exited] + futex + [.pc, .nextPC, .lo, .hi, .registers],
      version: self)
  }

  /// What the witness and the snapshot of a multi-threaded state share, in order.
  private var sharedFields: [StateField] {
    [
      .preimageKey, .preimageOffset, .heap, .reservationStatus, .reservationAddress,
      .reservationOwner, .exitCode, .exited, .step, .stepsSinceContextSwitch,
    ] + (hasBlockingFutexes ? [.wakeup] : []) + [.traverseRight]
  }
}
