import FalconetLibc
import SystemPackage

// Names of files, and arguments of programs, as text.
//
// To the system they are bytes, of which only zero is missing; UTF-8 is a habit. As text, bytes that
// are UTF-8 stand for themselves, and every other byte B is the private-use character U+10FE00 + B.
// If a name has one of these characters itself, each byte of that character is written so. So every
// name has a text of its own, and the text gives back the very bytes.
//
// `String(cString:)`, `FilePath.string` and the like repair such names, and `FilePath(_: String)`
// doesn't know their text: whatever names a file or is a program's argument goes through this file.

/// The characters U+10FE80 to U+10FEFF, which stand for bytes that are no UTF-8.
private enum EscapedByte {
  static let base: UInt32 = 0x10FE00

  /// The first byte in UTF-8 of each of them.
  static let lead: UInt8 = 0xF4

  static func character(_ byte: UInt8) -> Unicode.Scalar? { Unicode.Scalar(base + UInt32(byte)) }

  /// The byte that a character stands for.
  static func byte(_ character: Unicode.Scalar) -> UInt8? {
    guard character.value >= base + 0x80, character.value <= base + 0xFF else { return nil }
    return UInt8(truncatingIfNeeded: character.value)
  }
}

/// Safety: a name ends with a zero byte, which is the caller's part.
extension String {
  /// The text of a name.
  package init(fileName bytes: some Sequence<UInt8>) {
    var text = String.UnicodeScalarView()
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      var start = rest.prefix(4).makeIterator()
      var decoder = UTF8()
      var length = 1
      if case .scalarValue(let character) = decoder.decode(&start) {
        length = UTF8.width(character)
        if EscapedByte.byte(character) == nil {
          text.append(character)
          rest = rest.dropFirst(length)
          continue
        }
      }
      text.append(contentsOf: rest.prefix(length).compactMap(EscapedByte.character))
      rest = rest.dropFirst(length)
    }
    self.init(text)
  }

  /// The text of a zero-terminated name.
  package init(fileName: UnsafePointer<CChar>) {
    var bytes: [UInt8] = []
    var next = fileName
    while next.pointee != 0 {
      bytes.append(UInt8(bitPattern: next.pointee))
      next += 1
    }
    self.init(fileName: bytes)
  }

  /// The bytes of the name that this is the text of.
  package var fileNameBytes: [UInt8] {
    guard utf8.contains(EscapedByte.lead) else { return Array(utf8) }
    return unicodeScalars.flatMap { character in
      EscapedByte.byte(character).map { [$0] } ?? Array(String(character).utf8)
    }
  }

  /// Calls `body` with the zero-terminated bytes of the name that this is the text of.
  package func withFileName<Value, Failure: Error>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let bytes = fileNameBytes.map(CChar.init(bitPattern:)) + [0]
    return try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
      // The array is not empty.
      try body(bytes.baseAddress.unsafelyUnwrapped)
    }
  }

  /// The path from the root on, without links, of what has the name that this is the text of; nil if nothing has it.
  package var pathWithoutLinks: String? {
    guard let path = withFileName({ realpath($0, nil) }) else { return nil }
    // Sound: `realpath` gave a zero-terminated string from `malloc`, which is freed once.
    defer { free(path) }
    return String(fileName: path)
  }

  /// The text with `\xFF` in place of a character that stands for the byte FF: for people, since it
  /// can't be told from a name that has a backslash there.
  package var readableFileName: String {
    guard utf8.contains(EscapedByte.lead) else { return self }
    return unicodeScalars.map { character in
      EscapedByte.byte(character).map { "\\x" + String($0, radix: 16) } ?? String(character)
    }.joined()
  }
}

extension String {
  /// The path of the directory in which this path names a file.
  package var parentDirectory: String {
    guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == utf8.startIndex ? "/" : String(self[..<slash])
  }
}

extension FilePath {
  /// The path whose text is `fileName`.
  package init(fileName: String) {
    self = fileName.withFileName { FilePath(platformString: $0) }
  }

  /// The text of the path, which ``init(fileName:)`` takes.
  package var fileName: String { withPlatformString { String(fileName: $0) } }
}

extension FilePath {
  /// This path with one more component, whose text is `fileName`.
  package func appending(fileName: String) -> FilePath {
    appending(FilePath(fileName: fileName).components)
  }
}

extension FilePath.Component {
  /// The text of the component.
  package var fileName: String { withPlatformString { String(fileName: $0) } }
}
