import FalconetStreams
import FalconetTestSupport
import Testing

/// `sampleText` from the `zstd` program, with a checksum.
private let zstdFixture =
  "28b52ffd0468250100e8636c61696d2c207769746e6573732c20737465702c2070726f6f663a2001003900a59c51"
  + "12494b"

private func compressed(_ data: [UInt8], level: Int32 = 3, upTo limit: Int) throws -> [UInt8] {
  let sink = MemorySink()
  try writeInPieces(data, to: ZstdSink(over: sink, level: level), upTo: limit, seed: 1)
  #expect(sink.isFinished)
  return sink.bytes
}

private func decompressed(
  _ bytes: [UInt8], inputChunk: Int = .max, outputChunk: Int = 1000
) throws(StreamError) -> [UInt8] {
  let source = MemorySource(bytes, name: "x.zst", chunk: inputChunk)
  return try readAll(ZstdSource(over: source), chunk: outputChunk)
}

private func failure(_ bytes: [UInt8], inputChunk: Int = .max) -> StreamError? {
  streamError { () throws(StreamError) in _ = try decompressed(bytes, inputChunk: inputChunk) }
}

@Suite struct ZstdTests {
  @Test func `a frame of the zstd program is read`() throws {
    let fixture = try bytes(hex: zstdFixture)
    for inputChunk in [1, 3, .max] {
      for outputChunk in [1, 174, 1000] {
        #expect(
          try decompressed(fixture, inputChunk: inputChunk, outputChunk: outputChunk)
            == sampleText)
      }
    }
  }

  @Test(arguments: [0, 1, 4096, 131_072, 131_073, 1_500_000])
  func `round trips with odd pieces`(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let data = generator.mixedBytes(count)
    for level: Int32 in [1, 3, 9, .min, .max] where level < 20 || count <= 4096 {
      let packed = try compressed(data, level: level, upTo: 70_000)
      for (input, output) in [(101, 333), (4096, 65_537), (.max, 400_000)] {
        #expect(try decompressed(packed, inputChunk: input, outputChunk: output) == data)
      }
    }
  }

  @Test func `a frame cut at any byte is truncated`() throws {
    let fixture = try bytes(hex: zstdFixture)
    for length in fixture.indices {
      for chunk in [1, .max] {
        let error = failure(Array(fixture[..<length]), inputChunk: chunk)
        #expect(error?.kind == .truncated, "\(length)")
        #expect(error?.path == "x.zst")
      }
    }
  }

  @Test func `a changed bit is an error, or changes nothing`() throws {
    let fixture = try bytes(hex: zstdFixture)
    for index in fixture.indices {
      for bit in 0..<8 {
        var damaged = fixture
        damaged[index] ^= 1 << bit
        let result = Result { () throws(StreamError) in try decompressed(damaged) }
        // Unused bits, the window's size, a repeat offset that names the same text.
        if case .success(let data) = result { #expect(data == sampleText) }
      }
    }
    var damaged = fixture
    damaged[fixture.count - 1] ^= 1
    #expect(failure(damaged)?.kind == .checksum)
  }

  @Test func `frames are joined and skippable ones skipped`() throws {
    let fixture = try bytes(hex: zstdFixture)
    let empty = try compressed([], upTo: 1)
    let skippable: [UInt8] = [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
    let joined = skippable + fixture + empty + skippable + fixture + empty
    for chunk in [1, 5, .max] {
      #expect(try decompressed(joined, inputChunk: chunk) == sampleText + sampleText)
    }
    #expect(failure(fixture + fixture.dropLast())?.kind == .truncated)
    #expect(failure(fixture + [0x28, 0xB5])?.kind == .truncated)
    #expect(failure(fixture + [0, 0, 0, 0, 0])?.kind == .trailingData)
    #expect(failure(fixture + [0])?.kind != nil)
    #expect(failure(Array("hello, world".utf8))?.kind == .corrupt)
    #expect(failure([])?.kind == .truncated)
  }

  @Test func `frames of the formats before RFC 8878 are none`() throws {
    // What fuzzing found: libzstd may read them, and tells them apart by how they come.
    let frame = try bytes(hex: "27b52ffd0558080010ff22002e9428b5cb02cd59")
    for chunk in [1, 3, .max] {
      let error = streamError { () throws(StreamError) in
        _ = try readAll(ZstdSource(over: MemorySource(frame, chunk: chunk)))
      }
      #expect(error?.kind == .corrupt)
    }
    let later = streamError { () throws(StreamError) in
      _ = try readAll(ZstdSource(over: MemorySource(Zstd.compress([1, 2]) + frame)))
    }
    #expect(later?.kind == .trailingData)
  }

  @Test func `a frame with more bytes than its header says is damaged, however it comes`() throws {
    // What fuzzing found: libzstd tells the two ways to read it apart.
    let frame = try bytes(
      hex: "28b52ffd24582bf5010058083910e8000200f501005808000000000001005808391000cd41")
    for chunk in [1, 3, .max] {
      for capacity in [40, 1 << 16] {
        let error = streamError { () throws(StreamError) in
          let source = try ZstdSource(over: MemorySource(frame, chunk: chunk))
          _ = try ByteReader(source, capacity: capacity).readAll(limit: 1 << 20)
        }
        #expect(error?.kind == .corrupt)
      }
    }
  }

  @Test(arguments: [
    // 255 bytes are announced. An empty block, then the last one, empty too; then no frame.
    "28b52ffd20ff000000010000" + "000000000000000000000000000000005b000000",
    // The last block alone.
    "28b52ffd20ff010000",
    // One byte of two.
    "28b52ffd200208000061010000",
  ])
  func `a frame with fewer bytes than its header says is damaged, however it comes`(
    _ hex: String
  ) throws {
    // What fuzzing found: libzstd sees it if the whole frame comes at once.
    let frame = try bytes(hex: hex)
    for chunk in [1, 3, .max] {
      for capacity in [40, 1 << 16] {
        let error = streamError { () throws(StreamError) in
          let source = try ZstdSource(over: MemorySource(frame, chunk: chunk))
          _ = try ByteReader(source, capacity: capacity).readAll(limit: 1 << 20)
        }
        #expect(error?.kind == .corrupt)
      }
    }
  }

  @Test func `a window above the limit is refused`() throws {
    // Frame header with a window descriptor of 2^(10+21) bytes, then an empty last raw block.
    let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 0x01, 0x00, 0x00]
    #expect(failure(frame)?.kind == .tooLarge)
    var accepted = frame
    accepted[5] = 10 << 3
    #expect(try decompressed(accepted) == [])
  }

  @Test func `blocks make the round trip and have an exact size`() throws {
    var generator = SeededGenerator(seed: 31)
    for count in [0, 1, 4096, 1_000_000] {
      let block = generator.mixedBytes(count)
      let frame = try Zstd.compress(block, level: 1)
      #expect(try Zstd.decompress(frame, exactly: count) == block)
      let longer = streamError { () throws(StreamError) in
        _ = try Zstd.decompress(frame, exactly: count + 1)
      }
      #expect(longer?.kind == .truncated)
      if count > 0 {
        let shorter = streamError { () throws(StreamError) in
          _ = try Zstd.decompress(frame, exactly: count - 1)
        }
        #expect(shorter?.kind == .tooLarge)
      }
      for length in stride(from: 0, to: frame.count, by: 1 + frame.count / 100) {
        let cut = streamError { () throws(StreamError) in
          _ = try Zstd.decompress(Array(frame[..<length]), exactly: count)
        }
        #expect(cut != nil || (length == 0 && count == 0))
      }
    }
  }

  @Test func `damage to a block never passes as data`() throws {
    var generator = SeededGenerator(seed: 32)
    let block = generator.mixedBytes(50_000)
    let frame = try Zstd.compress(block)
    for index in stride(from: 0, to: frame.count, by: 37) {
      var damaged = frame
      damaged[index] ^= UInt8.random(in: 1...255, using: &generator)
      let result = Result { () throws(StreamError) in
        try Zstd.decompress(damaged, exactly: block.count)
      }
      if case .success(let data) = result { #expect(data == block) }
    }
  }
}
