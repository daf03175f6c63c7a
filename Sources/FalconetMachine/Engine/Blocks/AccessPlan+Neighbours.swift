extension AccessPlan {
  /// Accesses that share a check. The registers of all hold one value, each plus a distance of its own. Offsets are
  /// counted from that value.
  struct Neighbours {
    /// The register of the first access, and how much more than that value it holds when the check is made.
    let register: UInt8
    let distance: Int32
    /// Bytes of the largest access. All addresses are multiples of their sizes if the one at ``low`` is a
    /// multiple of this.
    var alignment: Int32
    /// The offsets of the first byte and of the last one. The first is rounded down to a multiple of ``alignment``, as
    /// counted from the largest access.
    var low: Int32
    var high: Int32
    /// The first and the last byte that are stored to, if any.
    var stored: ClosedRange<Int32>?
    /// The first operation, and how many instructions the accesses' own checks would take.
    let first: Int
    /// The number of the value that offsets are from.
    let value: Int
    var cost = 0

    /// Whether all addresses are as they should be if the register's value is flat and a multiple of ``alignment``:
    /// then they lie in a flat part or its margin. Beside that value, the check only has to look at ``stored``.
    func isNear(margin: Int32) -> Bool {
      let lowest = low - distance
      return lowest >= 0 && lowest & (alignment - 1) == 0 && high - distance < margin
    }
  }
}
