import FalconetStreams
import FalconetTestSupport
import Testing

private func field(_ text: String, _ width: Int) -> [UInt8] {
  Array(text.utf8) + [UInt8](repeating: 0, count: width - text.utf8.count)
}

/// A ustar header.
private func header(
  _ name: String, size: Int, type: Character = "0", prefix: String = ""
) -> [UInt8] {
  let size = String(size, radix: 8)
  var block = field(name, 100) + field("0000644", 8) + field("0000000", 8) + field("0000000", 8)
  block += field(String(repeating: "0", count: 11 - size.count) + size, 12)
  block += field("00000000000", 12) + [UInt8](repeating: 0x20, count: 8)
  block += field(String(type), 1) + field("", 100) + field("ustar", 6) + Array("00".utf8)
  block += field("", 80) + field(prefix, 155) + field("", 12)
  let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
  block.replaceSubrange(
    148..<156, with: field(String(repeating: "0", count: 6 - sum.count) + sum, 7) + [0x20])
  return block
}

private func file(_ name: String, _ content: [UInt8], prefix: String = "") -> [UInt8] {
  let padding = (512 - content.count % 512) % 512
  return header(name, size: content.count, prefix: prefix) + content
    + [UInt8](repeating: 0, count: padding)
}

private let end = [UInt8](repeating: 0, count: 1024)

/// The names and contents of an archive.
private func list(_ archive: [UInt8]) throws(StreamError) -> [(name: String, bytes: [UInt8])] {
  let reader = TarReader(ByteReader(MemorySource(archive, name: "x.tar", chunk: 700)))
  var files: [(String, [UInt8])] = []
  while let entry = try reader.next() {
    let bytes = try reader.contents(limit: 1 << 20)
    #expect(UInt64(bytes.count) == entry.size)
    files.append((entry.name, bytes))
  }
  return files
}

private func failure(_ archive: [UInt8]) -> StreamError? {
  streamError { () throws(StreamError) in _ = try list(archive) }
}

@Suite struct TarTests {
  @Test func `regular files are read, others skipped`() throws {
    var generator = SeededGenerator(seed: 6)
    let large = generator.mixedBytes(10_000)
    let archive =
      header("folder/", size: 0, type: "5") + file("folder/a", [1, 2, 3])
      + header("pax", size: 20, type: "x") + field("17 comment=abcdef\n", 512)
      + header("link", size: 0, type: "2") + file("empty", []) + file("b", large, prefix: "p/q")
      + file("c", [UInt8](repeating: 9, count: 512)) + end
    let files = try list(archive)
    #expect(files.map(\.name) == ["folder/a", "empty", "p/q/b", "c"])
    #expect(files.map(\.bytes) == [[1, 2, 3], [], large, [UInt8](repeating: 9, count: 512)])
    #expect(try list(end).isEmpty)
    #expect(try list(archive + end + end).count == 4)
  }

  @Test func `contents that are not wanted are skipped`() throws {
    let archive = file("a", [UInt8](repeating: 1, count: 5000)) + file("b", [2]) + end
    let reader = TarReader(ByteReader(MemorySource(archive)))
    #expect(try reader.next()?.name == "a")
    var some = [UInt8](repeating: 0, count: 10)
    let count = try some.withUnsafeMutableBufferPointer { (some) throws(StreamError) in
      try reader.read(into: UnsafeMutableRawBufferPointer(some))
    }
    #expect(some[..<count].allSatisfy { $0 == 1 })
    let second = try reader.next()
    #expect(second?.name == "b")
    #expect(second?.size == 1)
    #expect(try readAll(reader) == [2])
    #expect(try reader.next() == nil)
  }

  @Test func `an archive cut at any block is truncated`() {
    let archive = file("a", [UInt8](repeating: 1, count: 700)) + file("b", [2])
    for length in stride(from: 0, through: archive.count, by: 100) {
      #expect(failure(Array(archive[..<length]))?.kind == .truncated)
    }
    // One zero block is enough of an end.
    #expect(failure(archive + end[..<512]) == nil)
  }

  @Test func `a changed header is an error`() {
    let archive = file("a", [1]) + end
    // Byte 155 ends the checksum's field and means nothing.
    for index in 0..<512 where index != 155 {
      var damaged = archive
      damaged[index] ^= 0x01
      #expect(failure(damaged) != nil, "\(index)")
    }
  }

  @Test func `bytes behind the end are an error`() {
    #expect(failure(file("a", []) + end + [0, 0, 1])?.kind == .trailingData)
  }

  @Test(arguments: ["/etc/passwd", "../a", "a/../../b", ".."])
  func `names that lead out of the folder are refused`(name: String) {
    #expect(failure(file(name, [1]) + end)?.kind == .corrupt)
  }

  @Test func `a large file is refused if a limit is given, and not allocated`() {
    let large = header("a", size: 1 << 30)
    #expect(failure(large)?.kind == .tooLarge)
    let reader = TarReader(ByteReader(MemorySource(large)))
    let error = streamError { () throws(StreamError) in
      _ = try reader.next()
      _ = try reader.contents(limit: .max)
    }
    #expect(error?.kind == .tooLarge || error?.kind == .truncated)
  }

  @Test func `long names of GNU are refused`() {
    #expect(failure(header("././@LongLink", size: 0, type: "L") + end)?.kind == .unsupported)
  }

  @Test(.enabled(if: shell("command -v tar >/dev/null") == 0, "no tar"))
  func `archives of tar are read, compressed or not`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    let made = shell(
      "cd '\(path)' && mkdir d && printf abc > d/a && head -c 100000 /dev/zero > d/b"
        + " && tar --format=ustar -cf u.tar d && tar --format=pax -czf p.tar.gz d"
        + " && tar --format=gnu -cf - d | zstd -q > g.tar.zst")
    try #require(made == 0)
    for name in ["u.tar", "p.tar.gz", "g.tar.zst"] {
      let source = try FileSource(path: folder.file(name))
      let archive = TarReader(try ByteReader.decompressing(source).reader)
      var files: [String: Int] = [:]
      while let entry = try archive.next() {
        files[entry.name] = try archive.contents(limit: 1 << 20).count
      }
      #expect(files == ["d/a": 3, "d/b": 100_000], "\(name)")
    }
  }
}
