import FalconetStreams
import FalconetTestSupport
import Testing

/// `sampleText` from Python's `zlib.compress`.
private let zlibFixture =
  "789c4bce49ccccd55128cf2cc94b2d2ed651282e492dd0512828cacf4fb352481e6c920009963d33"

private func inflateError(_ stream: [UInt8], count: Int) -> StreamError? {
  streamError { () throws(StreamError) in _ = try ZlibInflate().inflate(stream, count: count) }
}

@Suite struct ZlibTests {
  @Test func `a stream of another implementation is inflated`() throws {
    let inflater = ZlibInflate()
    let fixture = try bytes(hex: zlibFixture)
    for _ in 0..<3 {
      #expect(try inflater.inflate(fixture, count: sampleText.count) == sampleText)
    }
    #expect(try inflater.inflate(bytes(hex: "789c030000000001"), count: 0) == [])
  }

  @Test func `a stream of another size is an error`() throws {
    let fixture = try bytes(hex: zlibFixture)
    #expect(inflateError(fixture, count: 173)?.kind == .tooLarge)
    #expect(inflateError(fixture, count: 0)?.kind == .tooLarge)
    #expect(inflateError(fixture, count: 175)?.kind == .truncated)
    #expect(inflateError(fixture + [0], count: 174)?.kind == .trailingData)
    #expect(inflateError([], count: 0)?.kind == .truncated)
  }

  @Test func `a stream cut at any byte is truncated`() throws {
    let fixture = try bytes(hex: zlibFixture)
    for length in fixture.indices {
      #expect(inflateError(Array(fixture[..<length]), count: 174)?.kind == .truncated)
    }
  }

  @Test func `a changed bit is an error, but for the padding of the last byte`() throws {
    let fixture = try bytes(hex: zlibFixture)
    for index in fixture.indices {
      for bit in 0..<8 {
        var damaged = fixture
        damaged[index] ^= 1 << bit
        let isPadding = index == fixture.count - 5 && bit == 7
        let error = inflateError(damaged, count: 174)
        #expect(isPadding ? error == nil : error != nil, "byte \(index) bit \(bit)")
      }
    }
  }

  @Test func `an error leaves the inflater usable`() throws {
    let inflater = ZlibInflate()
    let fixture = try bytes(hex: zlibFixture)
    for length in fixture.indices {
      _ = streamError { () throws(StreamError) in
        _ = try inflater.inflate(Array(fixture[..<length]), count: 174)
      }
      #expect(try inflater.inflate(fixture, count: 174) == sampleText)
    }
  }

  @Test func `a preset dictionary is not supported`() throws {
    // CMF 0x78, FLG with FDICT and a valid check, a dictionary id.
    let stream = try bytes(hex: "78bb00000001") + [3, 0, 0, 0, 0, 1]
    #expect(inflateError(stream, count: 0)?.kind == .unsupported)
  }

  @Test func `pages of all kinds make the round trip`() throws {
    var generator = SeededGenerator(seed: 21)
    let (deflater, inflater) = (ZlibDeflate(), ZlibInflate())
    var pages = (0..<50).map { _ in generator.mixedBytes(4096) }
    pages.append([UInt8](repeating: 0, count: 4096))
    pages.append((0..<4096).map { _ in .random(in: 0...255, using: &generator) })
    pages.append([])
    pages.append(generator.mixedBytes(1_000_000))
    for page in pages {
      let stream = try deflater.deflate(page)
      #expect(stream.first == 0x78)
      #expect(try inflater.inflate(stream, count: page.count) == page)
    }
  }

  @Test(.enabled(if: shell("python3 -c 'import zlib'") == 0, "no python3"))
  func `Python inflates what is deflated here`() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 4)
    let page = generator.mixedBytes(4096)
    let stream = try ZlibDeflate().deflate(page)
    for (name, bytes) in [("page", page), ("stream", stream)] {
      try AtomicFile.write(path: folder.file(name)) { (sink) throws(StreamError) in
        try sink.write(bytes)
      }
    }
    let script =
      "import sys,zlib;r=lambda n:open(sys.argv[1]+n,'rb').read();"
      + "sys.exit(zlib.decompress(r('/stream'))!=r('/page'))"
    #expect(shell("python3 -c \"\(script)\" '\(folder.path)'") == 0)
  }
}
