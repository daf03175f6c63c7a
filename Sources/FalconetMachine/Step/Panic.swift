import Keccak

/// An illegal act of the guest: no state follows, and a contract would revert.
package enum Panic: Error, Sendable, Equatable {
  case unknownInstruction(UInt32)
  case breakInstruction
  /// The pc is not a multiple of 4.
  case misalignedFetch
  /// A branch or jump in the delay slot of another.
  case branchInDelaySlot(UInt32)
  case divisionByZero(UInt32)
  case unknownSystemCall(number: UInt64)
  /// A read past the end of the pre-image. `length` counts its 8-byte length prefix.
  case preimageOffset(UInt64, length: UInt64, key: Bytes32)
  /// The stack that threads run from is empty.
  case noThread

  /// What happened, in words.
  package var message: String {
    switch self {
    case .unknownInstruction(let bits):
      "instruction \(hex(UInt64(bits), digits: 8)) is not one of this state version"
    case .breakInstruction: "the program reached a break instruction"
    case .misalignedFetch: "the pc is not a multiple of 4"
    case .branchInDelaySlot(let bits):
      "branch or jump \(hex(UInt64(bits), digits: 8)) in the delay slot of another"
    case .divisionByZero(let bits): "division by zero by \(hex(UInt64(bits), digits: 8))"
    case .unknownSystemCall(let number): "unrecognized system call \(number)" + Self.hint(number)
    case .preimageOffset(let offset, let length, let key):
      "system call read of a pre-image at offset \(offset), which is not below its length with prefix,"
        + " \(length) (key \(key), \(PreimageKeyType.describe(key)))"
    case .noThread: "the thread stack that runs is empty"
    }
  }

  /// What is known of a system call, and what to do about one that programs of newer toolchains make.
  private static func hint(_ number: UInt64) -> String {
    guard let name = SystemCallRow.name(of: number) else { return "" }
    guard name == "prctl" else { return " (\(name))" }
    let remedy =
      " (prctl, which programs of Go 1.25 and later make at their start unless they are built with"
      + " godebug decoratemappings=0"
    let version = StateVersion.allCases.first { $0.newestRevision.rules.processControl }
    return remedy
      + (version.map { "; the newest revision of version \($0.rawValue) has 5153)" } ?? ")")
  }
}

/// Why a step could not be executed. The state is the one before the step.
package enum StepError: Error, Sendable {
  case panic(Panic)
  case preimage(PreimageError)
  /// The host has no memory for a page that the step writes.
  case memory(HostMemoryError)
  /// A witness does not hold what the step needs.
  case witness(WitnessFault)
}
