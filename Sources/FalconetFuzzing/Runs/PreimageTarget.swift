import FalconetMachine
import FalconetOracle
import FalconetStreams
import Keccak

/// Directories of pre-images, in both layouts.
///
/// The first byte says of which type the key is, in which layouts the pre-image is stored, and what
/// the rest is: the text that names the layout, that of the pre-image, or, split at the first newline,
/// both. A key can be the hash of what the text says, so that the pre-image must be given.
struct PreimageTarget: HostileInputCheck {
  private let folder: FuzzFolder

  init() throws { folder = try FuzzFolder() }

  func run(_ input: [UInt8]) throws {
    guard let choice = input.first else { return }
    let rest = Array(input.dropFirst())
    var (layout, text): ([UInt8]?, [UInt8]?)
    switch choice & 3 {
    case 0: layout = rest
    case 1: text = rest
    default:
      let end = rest.firstIndex(of: 10) ?? rest.endIndex
      (layout, text) = (Array(rest[..<end]), Array(rest[end...].dropFirst()))
    }
    let expected = text.flatMap(Self.decoded)
    let key = Self.key(choice >> 2 & 7, of: expected ?? [1, 2, 3])
    folder.clear()
    if let layout { try folder.write(layout, to: "kvformat") }
    if let text {
      let digits = "\(key)".dropFirst(2)
      let shard = "\(digits.prefix(4))"
      if choice & 32 == 0 { try folder.write(text, to: "\(key).txt") }
      if choice & 64 == 0 {
        folder.makeFolder(shard)
        try folder.write(text, to: "\(shard)/\(digits.dropFirst(4)).txt")
      }
    }
    try read(key, expected)
    if choice & 128 != 0 { try record(key, expected ?? [1, 2, 3]) }
  }

  private func read(_ key: Bytes32, _ expected: [UInt8]?) throws {
    do {
      var oracle = CheckedOracle(try DirectoryOracle(path: folder.path))
      let preimage = try oracle.preimage(for: key)
      guard let expected, preimage == expected else {
        try found("\(preimage) of a file that says \(expected.map { "\($0)" } ?? "nothing")")
      }
    } catch let error as PreimageError {
      if error.message.isEmpty { try found("an error without a text") }
    }
  }

  /// What is recorded into a directory, over what stands there, is read from it again.
  private func record(_ key: Bytes32, _ preimage: [UInt8]) throws {
    do throws(PreimageError) {
      var recorder = try RecordingOracle(
        DictionaryOracle([key: preimage]), path: folder.path)
      _ = try recorder.preimage(for: key)
    } catch {
      if error.message.isEmpty { try found("an error without a text") }
      return
    }
    guard try DirectoryOracle(path: folder.path).preimage(for: key) == preimage else {
      try found("another pre-image than was recorded")
    }
  }

  private static func key(_ type: UInt8, of preimage: [UInt8]) -> Bytes32 {
    switch type {
    case 0: return PreimageKey.keccak256(of: preimage)
    case 1: return PreimageKey.sha256(of: preimage)
    case 2: return PreimageKey.local(7)
    default:
      var key = PreimageKey.keccak256(of: [1, 2, 3])
      key[0] = type
      return key
    }
  }

  /// What a text of hexadecimal digits with at most one newline at its end says; nil of another.
  private static func decoded(_ text: [UInt8]) -> [UInt8]? {
    let digits = text.last == 10 ? text.dropLast() : text[...]
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits {
      guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
      if let upper = high {
        bytes.append(upper << 4 | UInt8(value))
        high = nil
      } else {
        high = UInt8(value)
      }
    }
    return bytes
  }

  func seeds() -> [FuzzSeed] {
    let texts: [(name: String, flags: UInt8, text: String)] = [
      ("format", 0, "directory"), ("database", 0, "pebble\n"), ("file", 1, "010203\n"),
      ("both", 2, "file\n010203\n"), ("directory", 2, "directory\n0aFF"),
      ("one-layout", 1 | 64, "00"), ("other-layout", 1 | 32, "00"),
      ("sha256", 2 | 4, "file\nabcd"), ("local", 1 | 8, ""), ("other-type", 1 | 12, "01"),
      ("recorded", 2 | 128, "file\n01"), ("recorded-over", 2 | 128, "directory\n01"),
    ]
    return texts.map { FuzzSeed($0.name, [$0.flags] + Array($0.text.utf8)) }
  }
}
