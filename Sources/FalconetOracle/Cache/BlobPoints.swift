/// The points at which a blob's polynomial has its field elements as values: the 4096th roots of unity of
/// BLS12-381's scalar field, in the order of the elements.
package enum BlobPoints {
  /// Elements of a blob.
  package static let count = 4096

  /// Each point as 32 bytes, big-endian.
  package static let all: [[UInt8]] = {
    var powers: [[UInt64]] = [[1, 0, 0, 0]]
    while powers.count < count { powers.append(timesRoot(powers[powers.count - 1])) }
    // The elements are in the order of the exponents' 12 bits reversed.
    return (0..<count).map { index in
      var exponent = 0
      for bit in 0..<12 where index & 1 << bit != 0 { exponent |= 1 << (11 - bit) }
      return powers[exponent].reversed().flatMap { limb in
        (0..<8).map { UInt8(truncatingIfNeeded: limb >> UInt64(56 - 8 * $0)) }
      }
    }
  }()

  /// The order of the field, least significant limb first.
  private static let order: [UInt64] = [
    0xFFFF_FFFF_0000_0001, 0x53BD_A402_FFFE_5BFE, 0x3339_D808_09A1_D805, 0x73ED_A753_299D_7D48,
  ]

  /// 7^((order - 1) / 4096), times 2^256.
  private static let root: [UInt64] = [
    0xF2DF_262C_0945_8A39, 0x048C_DF5B_99DF_F177, 0x1685_7BC5_C7CC_E57B, 0x043B_3DBC_A4A9_15AE,
  ]

  /// `value` times the root, by Montgomery's multiplication, which divides by 2^256.
  private static func timesRoot(_ value: [UInt64]) -> [UInt64] {
    /// -1 / order, modulo 2^64.
    let inverse: UInt64 = 0xFFFF_FFFE_FFFF_FFFF
    var sum = [UInt64](repeating: 0, count: 6)
    func add(_ limbs: [UInt64], times factor: UInt64) {
      var carry: UInt64 = 0
      for index in 0..<4 {
        let product = limbs[index].multipliedFullWidth(by: factor)
        let (first, overflow) = product.low.addingReportingOverflow(sum[index])
        let (second, overflowToo) = first.addingReportingOverflow(carry)
        sum[index] = second
        carry = product.high + (overflow ? 1 : 0) + (overflowToo ? 1 : 0)
      }
      let (top, overflow) = sum[4].addingReportingOverflow(carry)
      sum[4] = top
      sum[5] += overflow ? 1 : 0
    }
    for limb in root {
      add(value, times: limb)
      // The lowest limb becomes 0, and goes.
      add(order, times: sum[0] &* inverse)
      sum.removeFirst()
      sum.append(0)
    }
    return subtractingOrder(sum)
  }

  /// `sum`, which is less than twice the order, modulo the order.
  private static func subtractingOrder(_ sum: [UInt64]) -> [UInt64] {
    var difference: [UInt64] = []
    var borrow = false
    for index in 0..<4 {
      let (first, underflow) = sum[index].subtractingReportingOverflow(order[index])
      let (second, underflowToo) = first.subtractingReportingOverflow(borrow ? 1 : 0)
      difference.append(second)
      borrow = underflow || underflowToo
    }
    return borrow && sum[4] == 0 ? Array(sum[..<4]) : difference
  }
}
