import FalconetELF
import FalconetMachine
import FalconetOracle
import FalconetReplay
import FalconetStreams
import Keccak

/// What `find` is asked for, as it is typed.
struct FindConditions {
  var writes: [String] = []
  var reads: [String] = []
  var pcs: [String] = []
  var calls: [String] = []
  var systemCalls: [String] = []
  var preimages: [String] = []
  var output: [String] = []
  var values: [String] = []

  fileprivate var areEmpty: Bool {
    [writes, reads, pcs, calls, systemCalls, preimages, output].allSatisfy(\.isEmpty)
  }
}

/// What `find` looks for.
struct FindQuery {
  private(set) var request = ScanRequest()
  /// Names and numbers of system calls; nil for all.
  private var callNames: Set<String>?
  /// Beginnings of keys in hexadecimal.
  private var keyPrefixes: [String] = []
  private let texts: [OutputText]

  /// Bytes that one condition may cover.
  private static let longestRange: UInt64 = 1 << 16

  init(
    _ conditions: FindConditions, _ symbols: SymbolTable?, _ version: StateVersion
  ) throws(UsageError) {
    for text in conditions.writes {
      request.conditions.writes.append(try Self.range(text, "--writes", version))
    }
    for text in conditions.reads {
      request.conditions.reads.append(try Self.range(text, "--reads", version))
    }
    for text in conditions.pcs {
      request.conditions.addresses.formUnion(try Self.addresses(text, "--pc", symbols, version))
    }
    for text in conditions.calls {
      request.calls.formUnion(try Self.addresses(text, "--calls", symbols, version))
    }
    for text in conditions.values { request.values.append(try Self.value(text, version)) }
    for text in conditions.preimages { keyPrefixes.append(try Self.keyPrefix(text)) }
    guard conditions.output.allSatisfy({ !$0.isEmpty }) else {
      throw UsageError("--output: the text is empty")
    }
    texts = conditions.output.map { OutputText($0.fileNameBytes) }
    request.preimages = !conditions.preimages.isEmpty
    request.output = !texts.isEmpty
    let calls = conditions.systemCalls
    request.conditions.systemCalls = conditions.areEmpty || !calls.isEmpty
    callNames = conditions.areEmpty || calls.contains("any") ? nil : Set(calls)
    let known = SystemCallRow.all.map(\.name)
    for name in calls where name != "any" && UInt64(name) == nil && !known.contains(name) {
      throw UsageError("--syscall \(name): there is no such system call; give its number")
    }
  }

  /// Whether an event is one that was asked for. Must be called for each, in order.
  func includes(_ event: ScanHit.Event) -> Bool {
    switch event {
    case .instruction, .call, .access: return true
    case .systemCall(let call):
      guard let callNames else { return true }
      return call.name.map(callNames.contains) ?? false || callNames.contains("\(call.number)")
    case .preimage(let key, _):
      let digits = key.description
      return keyPrefixes.contains { digits.hasPrefix($0) }
    case .output(let stream, let bytes):
      // Each must see all of the output.
      return texts.map { $0.isCompleted(by: bytes, on: stream) }.contains(true)
    case .hint: return false
    }
  }

  // MARK: Arguments

  private static func number(_ text: some StringProtocol) -> UInt64? {
    text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }

  private static func range(
    _ text: String, _ flag: String, _ version: StateVersion
  ) throws(UsageError) -> WatchedRange {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let mask = version.wordSize.mask
    guard parts.count <= 2, let address = number(parts[0]),
      let count = parts.count == 2 ? number(parts[1]) : 1, count > 0, count <= longestRange,
      address <= mask, mask - address >= count - 1
    else {
      throw UsageError(
        "\(flag) \(text): give an address of the machine and at most \(longestRange) bytes, such as"
          + " 0x1000:8")
    }
    return WatchedRange(address, count: count)
  }

  /// The address that is given, or those of all functions of the name.
  private static func addresses(
    _ text: String, _ flag: String, _ symbols: SymbolTable?, _ version: StateVersion
  ) throws(UsageError) -> Set<UInt64> {
    if let address = number(text) {
      guard address & 3 == 0, address <= version.wordSize.mask else {
        throw UsageError("\(flag) \(text): an instruction's address is a multiple of 4")
      }
      return [address]
    }
    guard let symbols else {
      throw UsageError("\(flag) \(text): names of functions need --elf or --meta")
    }
    let named = (0..<symbols.count).lazy.map { symbols[$0] }
      .filter { $0.name == text || $0.sourceName == text }
    let addresses = Set(named.map(\.start))
    guard !addresses.isEmpty else {
      throw UsageError("\(flag) \(text): the program has no such function")
    }
    return addresses
  }

  private static func value(
    _ text: String, _ version: StateVersion
  ) throws(UsageError) -> RegisterValue {
    let parts = text.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let register = register(parts[0]),
      let value = signed(parts[1]), version.wordSize == .bits64 || isWord32(value)
    else {
      throw UsageError(
        "--value \(text): give a register's name and a number of the machine, such as a0=0x10")
    }
    return RegisterValue(register, value & version.wordSize.mask)
  }

  private static func register(_ name: Substring) -> RegisterValue.Register? {
    if name == "hi" { return .hi }
    if name == "lo" { return .lo }
    if let index = Registers.names.firstIndex(of: String(name)) { return .general(index) }
    guard name.hasPrefix("r"), let index = Int(name.dropFirst()), (0..<32).contains(index) else {
      return nil
    }
    return .general(index)
  }

  private static func signed(_ text: Substring) -> UInt64? {
    text.hasPrefix("-") ? Int64(text).map { UInt64(bitPattern: $0) } : number(text)
  }

  private static func isWord32(_ value: UInt64) -> Bool {
    value <= UInt64(UInt32.max) || Int64(bitPattern: value) >= Int64(Int32.min) && value >> 63 == 1
  }

  /// What the text of a key begins with.
  private static func keyPrefix(_ text: String) throws(UsageError) -> String {
    if text == "any" { return "0x" }
    for type in PreimageKeyType.allCases where text == "\(type)" {
      return "0x0\(type.rawValue)"
    }
    let digits = (text.hasPrefix("0x") ? text.dropFirst(2) : text[...]).lowercased()
    guard !digits.isEmpty, digits.utf8.count <= 64, digits.allSatisfy(\.isHexDigit) else {
      throw UsageError(
        "--preimage \(text): give the first hexadecimal digits of a key, or a type of keys")
    }
    return "0x" + digits
  }
}

/// A text that is looked for in output, which comes in parts.
private final class OutputText {
  private let text: [UInt8]
  /// The last bytes of each stream, fewer than the text has.
  private var tails: [GuestStream: [UInt8]] = [:]

  init(_ text: [UInt8]) { self.text = text }

  /// Whether bytes complete the text.
  func isCompleted(by bytes: [UInt8], on stream: GuestStream) -> Bool {
    let all = tails[stream, default: []] + bytes
    tails[stream] = Array(all.suffix(text.count - 1))
    return all.firstRange(of: text) != nil
  }
}
