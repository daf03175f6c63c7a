import Keccak

/// A thread stack as a witness commits to it: the hash of the empty stack, then for each thread
/// from the bottom up the hash of the root so far and of the thread's hash.
package enum ThreadStackRoot {
  /// The root of a stack without threads: Keccak-256 of 64 zero bytes.
  package static let empty = Keccak256.hash([UInt8](repeating: 0, count: 64))

  /// The root of a stack after a thread is put on one with this root.
  package static func push(
    _ thread: ThreadState, on root: Bytes32, version: StateVersion
  ) -> Bytes32 {
    var encoder = FieldEncoder(version: version, reserving: version.threadLayout.byteCount)
    encoder.append(thread)
    return Keccak256.hash(root, Keccak256.hash(encoder.bytes))
  }

  /// The root of a stack, bottom first. O(n).
  package static func root(
    of threads: some Collection<ThreadState>, version: StateVersion
  ) -> Bytes32 {
    threads.reduce(empty) { push($1, on: $0, version: version) }
  }
}

extension MachineState {
  /// The witness of this state over a memory with this root: the bytes that the claim is a hash of,
  /// ``StateVersion/witnessLayout``.
  package func witness(memoryRoot: Bytes32) -> [UInt8] {
    StateWitness(self, memoryRoot: memoryRoot).bytes
  }

  /// The claim for a witness of this state: its Keccak-256 with byte 0 replaced by the VM status.
  package func claim(witness: [UInt8]) -> Bytes32 {
    var claim = Keccak256.hash(witness)
    claim[0] = status.rawValue
    return claim
  }
}
