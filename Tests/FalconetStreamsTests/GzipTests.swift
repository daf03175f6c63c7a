import FalconetStreams
import FalconetTestSupport
import Testing

/// "claim, witness, step, proof: " six times.
let sampleText = [[UInt8]](repeating: Array("claim, witness, step, proof: ".utf8), count: 6)
  .flatMap { $0 }

/// `sampleText` from Python's zlib, in a gzip member without optional fields.
let plainFixture = """
  1f8b08000000000000034bce49ccccd55128cf2cc94b2d2ed651282e492dd0512828cacf4fb352481e6c920006fcca\
  baae000000
  """

/// The same with every optional field: text flag, time, extra, name, comment, header checksum.
let fullFixture = """
  1f8b081f78563412020306004142020078796e616d652e62696e006120636f6d6d656e7400ca3e4bce49ccccd55128\
  cf2cc94b2d2ed651282e492dd0512828cacf4fb352481e6c920006fccabaae000000
  """

func gzip(_ bytes: [UInt8], upTo limit: Int = 5000, seed: UInt64 = 1) throws -> [UInt8] {
  let sink = MemorySink()
  try writeInPieces(bytes, to: GzipSink(over: sink), upTo: limit, seed: seed)
  #expect(sink.isFinished)
  return sink.bytes
}

func gunzip(
  _ bytes: [UInt8], inputChunk: Int = .max, outputChunk: Int = 1000
) throws(StreamError) -> [UInt8] {
  let source = MemorySource(bytes, name: "x.gz", chunk: inputChunk)
  return try readAll(GzipSource(over: source), chunk: outputChunk)
}

func gunzipError(_ bytes: [UInt8], inputChunk: Int = .max) -> StreamError? {
  streamError { () throws(StreamError) in _ = try gunzip(bytes, inputChunk: inputChunk) }
}

@Suite struct GzipTests {
  @Test(arguments: [plainFixture, fullFixture])
  func `members of another implementation are read, whatever their header`(hex: String) throws {
    let fixture = try bytes(hex: hex)
    for inputChunk in [1, 2, 3, 7, 1000] {
      for outputChunk in [1, 5, 173, 174, 175, 100_000] {
        #expect(
          try gunzip(fixture, inputChunk: inputChunk, outputChunk: outputChunk) == sampleText)
      }
    }
  }

  @Test(arguments: [0, 1, 2, 100, 4096, 65_535, 65_536, 65_537, 1_000_000])
  func `round trips with odd pieces`(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let data = generator.mixedBytes(count)
    let packed = try gzip(data, upTo: 100_000)
    for (input, output) in [(1, 100_000), (17, 333), (4096, 65_537), (.max, 400_000), (999, 1)] {
      if output == 1 && count > 100_000 { continue }
      #expect(try gunzip(packed, inputChunk: input, outputChunk: output) == data)
    }
  }

  @Test func `equal content gives an equal file, with neither name nor time`() throws {
    var generator = SeededGenerator(seed: 3)
    let data = generator.mixedBytes(700_000)
    let packed = try gzip(data, upTo: 1 << 20, seed: 1)
    for (limit, seed) in [(1 << 20, 1), (777, 2), (131_072, 3), (131_073, 4)] as [(Int, UInt64)] {
      #expect(try gzip(data, upTo: limit, seed: seed) == packed)
    }
    #expect(Array(packed[..<8]) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0])
    #expect(packed.count < data.count)
  }

  @Test(arguments: [plainFixture, fullFixture])
  func `a stream cut at any byte is truncated`(hex: String) throws {
    let fixture = try bytes(hex: hex)
    for length in fixture.indices {
      for chunk in [1, .max] {
        let error = gunzipError(Array(fixture[..<length]), inputChunk: chunk)
        #expect(error?.kind == .truncated, "\(length)")
        #expect(error?.path == "x.gz")
      }
    }
  }

  @Test(arguments: [plainFixture, fullFixture])
  func `a changed byte is an error, or in an ignored part of the header`(hex: String) throws {
    let fixture = try bytes(hex: hex)
    let hasHeaderChecksum = hex == fullFixture
    for index in fixture.indices {
      for bit in 0..<8 {
        var damaged = fixture
        damaged[index] ^= 1 << bit
        // Time, extra flags and system in a header without checksum, the text flag, and the bit
        // that fills the last byte of the deflate data.
        let isIgnored =
          !hasHeaderChecksum && ((4...9).contains(index) || (index == 3 && bit == 0))
          || (index == fixture.count - 9 && bit == 7)
        let result = Result { () throws(StreamError) in try gunzip(damaged) }
        switch result {
        case .success(let data):
          #expect(isIgnored, "byte \(index) bit \(bit)")
          #expect(data == sampleText)
        case .failure:
          #expect(!isIgnored, "byte \(index) bit \(bit)")
        }
      }
    }
  }

  @Test func `a wrong checksum and a wrong length are told as such`() throws {
    let fixture = try bytes(hex: plainFixture)
    for index in fixture.count - 8..<fixture.count {
      var damaged = fixture
      damaged[index] ^= 0x10
      for chunk in [1, .max] {
        #expect(gunzipError(damaged, inputChunk: chunk)?.kind == .checksum)
      }
    }
  }

  @Test func `members that follow one another are joined, empty ones too`() throws {
    let empty = try gzip([])
    let full = try bytes(hex: fullFixture)
    let joined = empty + full + empty + empty + full + empty
    for chunk in [1, 2, 19, 20, .max] {
      for output in [1, 100, 100_000] {
        #expect(
          try gunzip(joined, inputChunk: chunk, outputChunk: output) == sampleText + sampleText)
      }
    }
    #expect(try gunzip(empty) == [])
    #expect(gunzipError(full + full.dropLast())?.kind == .truncated)
    #expect(gunzipError(full + [0x1F])?.kind == .truncated)
  }

  @Test(arguments: [[0], [0x20], [0x1F, 0x8C], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]])
  func `other bytes behind a member are an error`(tail: [UInt8]) throws {
    let fixture = try bytes(hex: plainFixture)
    for chunk in [1, .max] {
      let error = gunzipError(fixture + tail, inputChunk: chunk)
      #expect(error?.kind == .trailingData)
      #expect(error?.offset == UInt64(fixture.count))
    }
  }

  @Test func `what is no gzip is refused`() throws {
    #expect(gunzipError([])?.kind == .truncated)
    #expect(gunzipError(Array("hello, world".utf8))?.kind == .corrupt)
    var fixture = try bytes(hex: plainFixture)
    fixture[2] = 7
    #expect(gunzipError(fixture)?.kind == .unsupported)
    fixture[2] = 8
    fixture[3] = 0x80
    #expect(gunzipError(fixture)?.kind == .unsupported)
    #expect(GzipSource.looksLikeGzip(prefix: [0x1F, 0x8B]))
    #expect(!GzipSource.looksLikeGzip(prefix: [0x1F]))
    #expect(!GzipSource.looksLikeGzip(prefix: [0x8B, 0x1F]))
  }

  @Test func `an error stays`() throws {
    let source = GzipSource(over: MemorySource([1, 2, 3]))
    let first = streamError { () throws(StreamError) in _ = try readAll(source) }
    let second = streamError { () throws(StreamError) in _ = try readAll(source) }
    #expect(first != nil)
    #expect(first == second)
  }

  @Test func `random damage to a long stream never passes as data`() throws {
    var generator = SeededGenerator(seed: 11)
    let data = generator.mixedBytes(200_000)
    let packed = try gzip(data)
    for _ in 0..<300 {
      var damaged = packed
      let index = Int.random(in: 10..<packed.count, using: &generator)
      damaged[index] ^= UInt8.random(in: 1...255, using: &generator)
      #expect(gunzipError(damaged) != nil, "\(index)")
    }
  }

  @Test func `a bomb is streamed`() throws {
    let sink = MemorySink()
    let writer = GzipSink(over: sink)
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    for _ in 0..<256 { try writer.write(zeros) }
    try writer.finish()
    #expect(sink.bytes.count < 2 << 20)
    let reader = ByteReader(GzipSource(over: MemorySource(sink.bytes)))
    try reader.skip(256 << 20)
    try reader.expectEnd()
  }

  @Test func `a full disk below is an error`() {
    var generator = SeededGenerator(seed: 2)
    let data = generator.mixedBytes(2_000_000)
    let error = streamError { () throws(StreamError) in
      try writeInPieces(data, to: GzipSink(over: FullSink(room: 1000)), upTo: 9999, seed: 1)
    }
    #expect(error?.kind == .noSpace)
  }

  @Test(.enabled(if: shell("command -v gzip >/dev/null") == 0, "no gzip"))
  func `gzip reads what is written here and the reverse`() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 5)
    let data = generator.mixedBytes(500_000)
    try AtomicFile.write(path: folder.file("a.gz")) { (sink) throws(StreamError) in
      try sink.write(data)
    }
    try AtomicFile.write(path: folder.file("a")) { (sink) throws(StreamError) in
      try sink.write(data)
    }
    let (a, b) = (folder.file("a"), folder.file("b.gz"))
    #expect(shell("gzip -dc '\(a).gz' | cmp - '\(a)'") == 0)
    #expect(shell("gzip -9c '\(a)' > '\(b)'; gzip -1c '\(a)' >> '\(b)'") == 0)
    #expect(try readAll(GzipSource(over: FileSource(path: b)), chunk: 70_000) == data + data)
  }
}
