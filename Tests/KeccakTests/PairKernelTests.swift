import Keccak
import Testing

@Suite("Kernels that hash many nodes")
struct PairKernelTests {
  private static let kernels = PairKernel.allCases.filter(\.isAvailable)

  private static func blocks(_ count: Int) -> [UInt8] {
    (0..<64 * count).map { UInt8(truncatingIfNeeded: ($0 &* $0) >> 3 &+ $0) }
  }

  private static func expected(_ blocks: [UInt8]) -> [UInt8] {
    stride(from: 0, to: blocks.count, by: 64).flatMap {
      Keccak256.hash(Array(blocks[$0..<$0 + 64])).bytes
    }
  }

  @Test("The best kernel is available, and one is always")
  func availability() {
    #expect(PairKernel.plain.isAvailable)
    #expect(PairKernel.best.isAvailable)
  }

  @Test("Any number of blocks, into another buffer, at any alignment", arguments: kernels)
  func separate(_ kernel: PairKernel) throws {
    for count in 0...40 {
      let shift = count % 5
      let input = [UInt8](repeating: 0, count: shift) + Self.blocks(count)
      // Bytes behind the last digest must stay.
      var output = [UInt8](repeating: 0xEE, count: shift + 32 * count + 64)
      try input.withUnsafeBytes { input in
        try output.withUnsafeMutableBytes { output in
          let digests = try #require(output.baseAddress) + shift
          // An empty array has no address; then there is no block to read either.
          let blocks = input.baseAddress.map { $0 + shift } ?? UnsafeRawPointer(digests)
          kernel.hash(blocks, into: digests, count: count)
        }
      }
      #expect(Array(output[shift..<shift + 32 * count]) == Self.expected(Self.blocks(count)))
      #expect(output[(shift + 32 * count)...].allSatisfy { $0 == 0xEE })
      #expect(output[..<shift].allSatisfy { $0 == 0xEE })
    }
  }

  @Test("Any number of blocks, in place", arguments: kernels)
  func inPlace(_ kernel: PairKernel) throws {
    for count in 0...40 {
      var buffer = Self.blocks(count) + [0xEE]
      try buffer.withUnsafeMutableBytes { buffer in
        let start = try #require(buffer.baseAddress)
        kernel.hash(start, into: start, count: count)
      }
      #expect(Array(buffer[..<(32 * count)]) == Self.expected(Self.blocks(count)))
      // The rest is what the blocks were.
      let rest = (Self.blocks(count) + [0xEE])[(32 * count)...]
      #expect(Array(buffer[(32 * count)...]) == Array(rest))
    }
  }
}
