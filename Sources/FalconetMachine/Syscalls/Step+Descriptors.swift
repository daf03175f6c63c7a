import Keccak

/// The file descriptors that a guest has.
package enum FileDescriptor {
  static let standardInput: UInt64 = 0
  static let standardOutput: UInt64 = 1
  static let standardError: UInt64 = 2
  static let hintRead: UInt64 = 3
  static let hintWrite: UInt64 = 4
  package static let preimageRead: UInt64 = 5
  static let preimageWrite: UInt64 = 6
  /// The one that every `eventfd2` answers; it is never ready.
  static let event: UInt64 = 100
}

extension Step {
  static func read(
    _ descriptor: Word, _ address: Word, _ count: Word, _ environment: Environment
  ) throws(StepError) -> SystemCallResult {
    switch UInt64(descriptor) {
    case FileDescriptor.standardInput: return .value(0)
    // A hint is answered once it was written: the answer says nothing.
    case FileDescriptor.hintRead: return .value(UInt64(count))
    case FileDescriptor.preimageRead: return try readPreimage(address, count, environment)
    case FileDescriptor.event where environment.rules.eventDescriptors: return .failed(.tryAgain)
    // No other descriptor is open.
    default: return .failed(.badDescriptor)
    }
  }

  static func write(
    _ descriptor: Word, _ address: Word, _ count: Word, _ environment: Environment
  ) throws(StepError) -> SystemCallResult {
    switch UInt64(descriptor) {
    case FileDescriptor.standardOutput:
      environment.writeOutput(.output, at: UInt64(address), count: UInt64(count))
      return .value(UInt64(count))
    case FileDescriptor.standardError:
      environment.writeOutput(.error, at: UInt64(address), count: UInt64(count))
      return .value(UInt64(count))
    case FileDescriptor.hintWrite:
      try environment.writeHint(at: UInt64(address), count: UInt64(count))
      return .value(UInt64(count))
    case FileDescriptor.preimageWrite: return try writeKey(address, count, environment)
    case FileDescriptor.event where environment.rules.eventDescriptors: return .failed(.tryAgain)
    // No other descriptor is open.
    default: return .failed(.badDescriptor)
    }
  }

  /// Reads part of the pre-image into one word: never past the word's end, so at most its size.
  private static func readPreimage(
    _ address: Word, _ count: Word, _ environment: Environment
  ) throws(StepError) -> SystemCallResult {
    let word = try loadWord(at: address, environment)
    let part = try environment.readPreimage()
    let start = address.offsetInWord
    let size = min(Word(part.count), Word(Word.size.bytes - start), count)
    let mask = mask(start, Int(size))
    let result = word & ~mask | leading(part.bytes) &>> Word(8 * start) & mask
    try storeWord(result, at: address.alignedToWord, .first, environment)
    environment.scalars.preimageOffset = UInt64(
      Word(truncatingIfNeeded: environment.scalars.preimageOffset) &+ size)
    return .value(UInt64(size))
  }

  /// Shifts bytes of one word into the pre-image key from its end, and starts the pre-image again.
  private static func writeKey(
    _ address: Word, _ count: Word, _ environment: Environment
  ) throws(StepError) -> SystemCallResult {
    let word = try loadWord(at: address, environment)
    let start = address.offsetInWord
    let size = Int(min(Word(Word.size.bytes - start), count))
    let bytes = UInt64((word << (8 * start)) >> (8 * (Word.size.bytes - size)))
    let (first, second, third, last) = environment.scalars.preimageKey.numbers
    func shifted(_ number: UInt64, _ next: UInt64) -> UInt64 {
      number << (8 * size) | next >> (64 - 8 * size)
    }
    environment.scalars.preimageKey = Bytes32(
      numbers: (
        shifted(first, second), shifted(second, third), shifted(third, last),
        last << (8 * size) | bytes
      ))
    environment.scalars.preimageOffset = 0
    return .value(UInt64(size))
  }

  private static var getDescriptorFlags: Word { 1 }
  private static var getStatusFlags: Word { 3 }

  static func fcntl(
    _ descriptor: Word, _ command: Word, _ environment: Environment
  ) -> SystemCallResult {
    let flags: UInt64
    switch UInt64(descriptor) {
    case FileDescriptor.standardInput, FileDescriptor.hintRead, FileDescriptor.preimageRead:
      flags = 0
    case FileDescriptor.standardOutput, FileDescriptor.standardError, FileDescriptor.hintWrite,
      FileDescriptor.preimageWrite:
      flags = 1
    // No other descriptor is open.
    default:
      let isKnown =
        command == getStatusFlags
        || command == getDescriptorFlags && environment.rules.getDescriptorFlags
      return .failed(isKnown ? .badDescriptor : .invalid)
    }
    switch command {
    case getDescriptorFlags where environment.rules.getDescriptorFlags: return .value(0)
    case getStatusFlags: return .value(flags)
    // There are no other commands.
    default: return .failed(.invalid)
    }
  }

  /// The bits of `count` bytes of a word from `start` on, the lowest address first.
  static func mask(_ start: Int, _ count: Int) -> Word {
    (Word.max << (8 * (Word.size.bytes - count))) >> (8 * start)
  }

  /// The first bytes of eight, as many as a word has.
  static func leading(_ bytes: UInt64) -> Word {
    Word(truncatingIfNeeded: bytes &>> UInt64(64 - 8 * Word.size.bytes))
  }
}
