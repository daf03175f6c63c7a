extension AccessPlan {
  /// Accesses that share a check. Offsets are from a value that the registers of all hold but for a distance.
  struct Neighbours {
    /// The register of the first access, and what it holds beyond that value when the check is made.
    let register: UInt8
    let distance: Int32
    /// Bytes of the largest access. All addresses are multiples of their sizes if the one at ``low`` is a
    /// multiple of this.
    var alignment: Int32
    /// Where the lowest begins, or a little below, and the last byte of the highest.
    var low: Int32
    var high: Int32
    /// The first and the last byte that are stored to, if any.
    var stored: ClosedRange<Int32>?
    /// The first operation, and how many instructions the accesses' own checks would take.
    let first: Int
    /// The number of the value that offsets are from.
    let value: Int
    var cost = 0

    /// Whether all addresses are what they should be if the register's value is flat and a multiple of ``alignment``:
    /// they lie in a flat part or its margin. Then ``stored`` is all that the check has to look at beside.
    func isNear(margin: Int32) -> Bool {
      let lowest = low - distance
      return lowest >= 0 && lowest & (alignment - 1) == 0 && high - distance < margin
    }
  }
}
