import FalconetStreams
import FalconetTestSupport
import Testing

@Suite struct BytesTests {
  @Test func `integers are big-endian both ways`() throws {
    let sink = MemorySink()
    let writer = ByteWriter(sink)
    try writer.writeUInt8(0x01)
    try writer.writeUInt16(0x0203)
    try writer.writeUInt32(0x0405_0607)
    try writer.writeUInt64(0x0809_0A0B_0C0D_0E0F)
    try writer.write("ab")
    #expect(writer.position == 17)
    try writer.finish()
    #expect(sink.bytes == Array(1...15) + [0x61, 0x62])
    #expect(sink.isFinished)

    let reader = ByteReader(MemorySource(sink.bytes, chunk: 1))
    #expect(try reader.readUInt8() == 0x01)
    #expect(try reader.readUInt16() == 0x0203)
    #expect(try reader.readUInt32() == 0x0405_0607)
    #expect(try reader.readUInt64() == 0x0809_0A0B_0C0D_0E0F)
    #expect(reader.position == 15)
    #expect(try reader.readBytes(2) == [0x61, 0x62])
    try reader.expectEnd()
  }

  @Test(arguments: [1, 7, 64, 4095, 4096, 4097, 100_000])
  func `pieces of any size give the same bytes`(piece: Int) throws {
    var generator = SeededGenerator(seed: UInt64(piece))
    let data = generator.mixedBytes(300_000)
    for (capacity, chunk) in [(16, 5), (4096, 1000), (256 << 10, 100_000)] {
      let sink = MemorySink()
      try writeInPieces(
        data, to: ByteWriter(sink, capacity: capacity), upTo: piece * 2, seed: 1)
      #expect(sink.bytes == data)

      let reader = ByteReader(MemorySource(data, chunk: chunk), capacity: capacity)
      var read: [UInt8] = []
      while try !reader.isAtEnd() {
        let count = min(UInt64(piece), UInt64(data.count) - reader.position)
        read += try reader.readBytes(count)
        #expect(reader.position == UInt64(read.count))
      }
      #expect(read == data)
    }
  }

  @Test func `truncation tells how many bytes were expected and where`() throws {
    let reader = ByteReader(MemorySource([1, 2, 3, 4, 5], name: "a.bin"))
    _ = try reader.readUInt16()
    let error = try #require(streamError { () throws(StreamError) in _ = try reader.readUInt64() })
    #expect(error.kind == .truncated)
    #expect(error.offset == 2)
    #expect(
      error.description.hasPrefix("a.bin: 8 bytes were expected but only 3 follow at byte 2: "))
  }

  @Test(arguments: [1 << 20, 1 << 40, UInt64(Int.max), .max])
  func `a length that lies is an error and not an allocation`(count: UInt64) throws {
    let reader = ByteReader(MemorySource([UInt8](repeating: 0, count: 1000)))
    let error = streamError { () throws(StreamError) in _ = try reader.readBytes(count) }
    #expect(error?.kind == (count > Int.max ? .tooLarge : .truncated))
    let limited = ByteReader(MemorySource([1, 2, 3]))
    #expect(
      streamError { () throws(StreamError) in _ = try limited.readBytes(3, limit: 2) }?.kind
        == .tooLarge)
  }

  @Test func `peek leaves bytes in place and stops at the end`() throws {
    let reader = ByteReader(MemorySource([1, 2, 3, 4], chunk: 1), capacity: 16)
    #expect(try reader.peek(upTo: 2) == [1, 2])
    #expect(reader.position == 0)
    #expect(try reader.readUInt8() == 1)
    #expect(try reader.peek(upTo: 10) == [2, 3, 4])
    #expect(try reader.readBytes(3) == [2, 3, 4])
    #expect(try reader.peek(upTo: 1) == [])
    #expect(try reader.isAtEnd())
  }

  @Test func `peek works at the end of a full buffer`() throws {
    let reader = ByteReader(MemorySource(Array(0..<64)), capacity: 16)
    _ = try reader.readBytes(13)
    #expect(try reader.peek(upTo: 16) == Array(13..<29))
  }

  @Test func `skip passes over bytes and reports the end`() throws {
    let reader = ByteReader(MemorySource([UInt8](repeating: 7, count: 1000), chunk: 3))
    try reader.skip(999)
    #expect(try reader.readUInt8() == 7)
    let error = streamError { () throws(StreamError) in try reader.skip(.max) }
    #expect(error?.kind == .truncated)
  }

  @Test func `data behind the end is an error with its offset`() throws {
    let reader = ByteReader(MemorySource([1, 2]))
    _ = try reader.readUInt8()
    let error = streamError { () throws(StreamError) in try reader.expectEnd() }
    #expect(error?.kind == .trailingData)
    #expect(error?.offset == 1)
  }

  @Test func `an error says path, place and remedy, if known`() {
    var error = StreamError(
      .corrupt, path: "x", offset: 7, message: "broken", remedy: "make it again")
    #expect(error.description == "x: broken at byte 7: make it again")
    error = StreamError(.corrupt, message: "broken")
    #expect("\(error)" == "broken")
    #expect("\(error.named("y").named("z"))" == "y: broken")
  }

  @Test func `the checksum is the one of gzip`() {
    var checksum = CRC32()
    #expect(checksum.value == 0)
    checksum.add(Array("12345".utf8))
    checksum.add(Array("6789".utf8))
    #expect(checksum.value == 0xCBF4_3926)
  }

  @Test func `a full sink below a writer is an error`() {
    let writer = ByteWriter(FullSink(room: 100), capacity: 16)
    let error = streamError { () throws(StreamError) in
      for _ in 0..<100 { try writer.writeUInt64(1) }
    }
    #expect(error?.kind == .noSpace)
  }
}
