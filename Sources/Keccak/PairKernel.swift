import CKeccak

/// A way to hash many 64-byte blocks, such as the nodes of one level of a Merkle tree.
///
/// The kernels give the same results; they differ in the processor they need and in speed.
///
/// Safety: the kernels read and write as many blocks and digests as the precondition says, and a kernel
/// is used only if the processor has it.
package enum PairKernel: String, Sendable, CaseIterable {
  /// One block at a time, on any processor.
  case plain
  /// Four at a time with AVX2.
  case avx2
  /// Eight at a time with AVX-512.
  case avx512

  /// The fastest kernel that this processor has.
  package static let best: PairKernel = allCases.last { $0.isAvailable } ?? .plain

  /// Whether this processor, and the system on it, can run the kernel.
  package var isAvailable: Bool {
    switch self {
    case .plain: true
    case .avx2: ckeccak_has_avx2() != 0
    case .avx512: ckeccak_has_avx512() != 0
    }
  }

  /// Writes the hashes of `count` blocks of 64 bytes at `blocks` to `digests`, 32 bytes each.
  ///
  /// `digests` may be `blocks` itself: level by level, a tree is hashed in one buffer.
  ///
  /// - Precondition: the kernel is available, 64·`count` bytes are readable and 32·`count` writable;
  ///   no alignment is asked for.
  @inline(__always)
  package func hash(
    _ blocks: UnsafeRawPointer, into digests: UnsafeMutableRawPointer, count: Int
  ) {
    #if arch(x86_64) && !FALCONET_NO_X86
      switch self {
      case .plain: unsafe ckeccak_pairs_plain(blocks, digests, count)
      case .avx2: unsafe ckeccak_pairs_avx2(blocks, digests, count)
      case .avx512: unsafe ckeccak_pairs_avx512(blocks, digests, count)
      }
    #else
      unsafe ckeccak_pairs_plain(blocks, digests, count)
    #endif
  }
}
