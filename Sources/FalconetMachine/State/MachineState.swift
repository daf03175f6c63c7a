import Keccak

/// Everything of a state but its memory.
package struct MachineState: Sendable, Equatable {
  package let version: StateVersion
  package var scalars: Scalars
  package var threads: ThreadTable
  /// Bytes of hints that the guest wrote and that are not a whole hint yet. Saved in snapshots, not
  /// part of the witness.
  ///
  /// Whole hints in front of them are sent once more, before the next hint that the guest writes or
  /// the next pre-image that it asks for: a state that is to go on with another host has those there
  /// that the host must know.
  package var lastHint: PendingHint = []
  /// The name of the revision whose rules led to the state, if it is known. No part of the state:
  /// every revision of its version can go on from it.
  package var revision: String?

  /// The empty state: one thread, at address 0, everything else zero.
  package init(version: StateVersion) {
    self.version = version
    scalars = Scalars(version: version)
    threads = ThreadTable(left: [ThreadState(id: 0, version: version)], right: [])
  }

  /// The state of a program about to start: its thread at `entry` with a stack.
  package init(version: StateVersion, entry: UInt64) {
    self.init(version: version)
    let mask = version.wordSize.mask
    scalars.heap = version.addressSpace.heapStart
    threads.left[0].pc = entry & mask
    threads.left[0].nextPC = (entry &+ 4) & mask
    threads.left[0].registers[29] = version.addressSpace.stackPointer
  }

  /// Whether two states are the same, whatever led to them.
  package static func == (left: MachineState, right: MachineState) -> Bool {
    left.version == right.version && left.scalars == right.scalars
      && left.threads == right.threads && left.lastHint == right.lastHint
  }

  /// The VM's status: what byte 0 of a claim holds.
  package var status: VMStatus {
    guard scalars.exited else { return .unfinished }
    return VMStatus(exitCode: scalars.exitCode)
  }

  /// The thread that the next step runs, or nil if the stack it would come from is empty.
  package var activeThread: ThreadState? { threads.stack(scalars.activeSide).last }
}

/// How a run stands. The raw value is byte 0 of a claim.
package enum VMStatus: UInt8, Sendable {
  /// Exited with code 0.
  case valid = 0
  /// Exited with code 1.
  case invalid = 1
  /// Exited with any other code.
  case panic = 2
  /// Not exited.
  case unfinished = 3

  /// The status of a program that exited: any code but 0 and 1 is a panic.
  package init(exitCode: UInt8) {
    self = exitCode == 0 ? .valid : exitCode == 1 ? .invalid : .panic
  }
}

/// What `ll` and `lld` promise to the `sc` or `scd` that follows.
package struct Reservation: Sendable, Equatable {
  /// 0 none, 1 from `ll`, 2 from `lld`; a snapshot can hold any byte.
  package var status: UInt8 = 0
  /// The address as the instruction gave it, not aligned.
  package var address: UInt64 = 0
  /// The id of the thread that holds it.
  package var owner: UInt64 = 0

  package init(status: UInt8 = 0, address: UInt64 = 0, owner: UInt64 = 0) {
    self.status = status
    self.address = address
    self.owner = owner
  }

  /// The status of a reservation by an instruction that loads 4 or 8 bytes.
  @inline(__always)
  static func status(_ size: Int) -> UInt8 { size == 8 ? 2 : 1 }

  /// Whether a write of the aligned word at `address` ends the reservation.
  @inline(__always)
  func covers(wordAt address: UInt64, in wordSize: WordSize) -> Bool {
    self.address & wordSize.addressMask == address
  }
}
