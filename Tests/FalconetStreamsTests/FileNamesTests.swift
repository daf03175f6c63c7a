import FalconetStreams
import FalconetTestSupport
import SystemPackage
import Testing

@Suite struct FileNamesTests {
  private static let odd: [[UInt8]] = [
    [0xFF], [0x80, 0x81], [0x61, 0xE9, 0x62], [0xC3], [0xF4, 0x8F, 0xBA], [0xED, 0xA0, 0x80],
    [0xF4, 0x90, 0x80, 0x80], [0xC0, 0x80], Array("é\u{10FE80}\u{10FEFF}\u{10FE7F}".utf8),
    Array("e\u{301}".utf8) + [0xFE], Array("\u{10FFFF}\u{FFFD}".utf8),
  ]

  @Test func `every name comes back from its text`() {
    for name in Self.odd { #expect(String(fileName: name).fileNameBytes == name, "\(name)") }
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<20_000 {
      let lead: [UInt8] = [0xF4, 0x8F, 0xBA, 0x80, 0xC3, 0xFF, 0x61]
      let name = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
        Bool.random(using: &generator)
          ? lead.randomElement(using: &generator) ?? 0
          : UInt8.random(in: 1...255, using: &generator)
      }
      let text = String(fileName: name)
      #expect(text.fileNameBytes == name)
      #expect(FilePath(fileName: text).fileName.fileNameBytes == FilePath(fileName: text).bytes)
    }
  }

  @Test func `UTF-8 is its own text, but for the characters that stand for bytes`() {
    for text in ["", "a/b.bin.gz", "é", "e\u{301}", "日本", "\u{10FE7F}\u{10FF00}"] {
      #expect(Array(String(fileName: Array(text.utf8)).utf8) == Array(text.utf8))
      #expect(text.readableFileName == text)
    }
    let taken = Array("\u{10FE85}".utf8)
    #expect(String(fileName: taken).unicodeScalars.count == taken.count)
    #expect(String(fileName: [0x85]).unicodeScalars.map(\.value) == [0x10FE85])
  }

  @Test func `names that differ have texts that differ, byte for byte`() {
    let texts = Self.odd.map { Array(String(fileName: $0).utf8) }
    #expect(Set(texts).count == texts.count)
  }

  @Test func `people read bytes in hexadecimal`() {
    #expect(String(fileName: [0x61, 0xFF, 0x2F, 0x80]).readableFileName == "a\\xff/\\x80")
  }

  @Test func `files with such names are written, found and read`() throws {
    let folder = try TemporaryFolder()
    for name in Self.odd {
      let text = String(fileName: name)
      try AtomicFile.write(path: folder.file(text)) { (sink) throws(StreamError) in
        try sink.write(name)
      }
      #expect(try readAll(FileSource(path: folder.file(text))) == name)
    }
    #expect(Set(folder.names.map(\.fileNameBytes)) == Set(Self.odd))
    let error = streamError { () throws(StreamError) in
      _ = try FileSource(path: folder.file(String(fileName: [0x6E, 0xFF])))
    }
    #expect(error?.description.readableFileName.contains("/n\\xff: no such file") == true)
  }
}

extension FilePath {
  fileprivate var bytes: [UInt8] {
    withPlatformString { pointer in
      (0..<length).map { UInt8(bitPattern: pointer[$0]) }
    }
  }
}
