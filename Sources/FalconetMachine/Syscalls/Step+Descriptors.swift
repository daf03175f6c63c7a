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
    let result = replacing(start, Int(size), of: word) { UInt8($0, of: part.bytes) }
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
    let old = environment.scalars.preimageKey
    var key = old
    for index in 0..<32 {
      key[index] =
        index + size < 32 ? old[index + size] : byte(start + index + size - 32, of: word)
    }
    environment.scalars.preimageKey = key
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

  /// The byte at a place in a word, the lowest address first.
  private static func byte(_ index: Int, of word: Word) -> UInt8 {
    UInt8(truncatingIfNeeded: word &>> Word(8 * (Word.size.bytes - 1 - index)))
  }

  /// A word with `count` bytes from `start` on replaced; `source` is given 0, 1, ….
  static func replacing(
    _ start: Int, _ count: Int, of word: Word, by source: (Int) -> UInt8
  ) -> Word {
    var result = word
    for index in 0..<count {
      let shift = Word(8 * (Word.size.bytes - 1 - start - index))
      result = result & ~(0xFF &<< shift) | Word(source(index)) &<< shift
    }
    return result
  }
}

extension UInt8 {
  /// The byte at a place in 8 bytes, the most significant first.
  init(_ index: Int, of bytes: UInt64) {
    self.init(truncatingIfNeeded: bytes &>> UInt64(56 - 8 * index))
  }
}
