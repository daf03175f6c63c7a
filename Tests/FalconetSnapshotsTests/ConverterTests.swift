import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

/// Conversions of files and of streams.
struct ConverterTests {
  private static let formats = SnapshotFormat.allCases

  @Test func `version 0 goes from every format to every other and back`() throws {
    for seed in 0..<6 as Range<UInt64> {
      let pages: [UInt64] = seed == 0 ? [] : [0, 5, 6, 0x7FFFD].filter { ($0 + seed) % 3 != 0 }
      let image = try SampleState.image(.v0, pages: pages, seed: seed)
      let claim = try Snapshots.read(Snapshots.write(image, as: .bin)).claim
      for source in Self.formats {
        let bytes = try Snapshots.write(image, as: source)
        for target in Self.formats {
          let there = try Snapshots.convert(bytes, as: target)
          #expect(try Snapshots.write(image, as: target) == there, "\(source) to \(target)")
          #expect(try Snapshots.convert(there, as: source) == bytes, "\(target) to \(source)")
          #expect(try Snapshots.read(there).claim == claim)
        }
      }
    }
  }

  @Test func `every version keeps every byte in the binary format`() throws {
    for version in StateVersion.allCases {
      for seed in 0..<4 as Range<UInt64> {
        let image = try SampleState.image(version, seed: seed)
        let bytes = try Snapshots.write(image, as: .bin)
        #expect(try Snapshots.convert(bytes, as: .bin) == bytes)
        #expect(try Snapshots.rewrite(bytes, as: .bin) == bytes)
        let fsnap = try Snapshots.convert(bytes, as: .fsnap)
        #expect(try Snapshots.convert(fsnap, as: .bin) == bytes)
        #expect(try Snapshots.write(image, as: .fsnap) == fsnap)
        #expect(try Snapshots.read(bytes).state == image.state)
      }
    }
  }

  @Test func `unsorted pages come out sorted`() throws {
    let image = try SampleState.image(.v7, pages: [3, 1 << 40, 9, 4])
    let sorted = try Snapshots.write(image, as: .bin)
    let pages = stride(from: 9, to: 9 + 4 * 4104, by: 4104).map { sorted[$0..<$0 + 4104] }
    let turned = sorted[..<9] + pages.reversed().joined() + sorted[(9 + 4 * 4104)...]
    #expect(Array(turned) != sorted)
    #expect(try Snapshots.convert(Array(turned), as: .bin) == sorted)
    let folder = try TemporaryFolder()
    try Snapshots.save(Array(turned), folder.file("in.bin"))
    try SnapshotConverter.convert(path: folder.file("in.bin"), to: folder.file("out.bin.gz"))
    let converted = try Snapshots.contents(folder.file("out.bin.gz"))
    #expect(try Snapshots.rewrite(converted, as: .bin) == sorted)
    #expect(folder.names == ["in.bin", "out.bin.gz"])
  }

  @Test func `files convert by name, by format, and onto themselves`() throws {
    let folder = try TemporaryFolder()
    let binary = try Snapshots.write(SampleState.image(.v0), as: .bin)
    try Snapshots.save(binary, folder.file("wrong.json"))
    let steps: [(String, String, SnapshotFormat?)] = [
      ("wrong.json", "b.json.gz", nil), ("b.json.gz", "c.bin", nil), ("c.bin", "d.old", .pr7559),
      ("d.old", "d.old", .json), ("d.old", "e.bin.gz", nil), ("e.bin.gz", "f.bin", nil),
      ("f.bin", "g.fsnap", nil), ("g.fsnap", "h.bin", nil), ("c.bin", "g.fsnap", nil),
    ]
    for (input, output, format) in steps {
      try SnapshotConverter.convert(
        path: folder.file(input), to: folder.file(output), as: format)
    }
    #expect(try Snapshots.contents(folder.file("c.bin")) == binary)
    #expect(try Snapshots.contents(folder.file("f.bin")) == binary)
    #expect(try Snapshots.contents(folder.file("d.old")).first == UInt8(ascii: "{"))
    #expect(try Snapshots.contents(folder.file("h.bin")) == binary)
    let names = [
      "b.json.gz", "c.bin", "d.old", "e.bin.gz", "f.bin", "g.fsnap", "h.bin", "wrong.json",
    ]
    #expect(folder.names == names)
  }

  @Test func `what can't be converted leaves no file behind`() throws {
    let folder = try TemporaryFolder()
    let image = try SampleState.image(.v8)
    try Snapshot.save(image, path: folder.file("a.bin"))
    try Snapshots.save([8, 0, 0], folder.file("cut.bin"))
    func kind(_ input: String, _ output: String) -> StreamError.Kind? {
      failure { () throws(StreamError) in
        try SnapshotConverter.convert(path: folder.file(input), to: folder.file(output))
      }
    }
    #expect(kind("a.bin", "a.json") == .unsupported)
    #expect(kind("a.bin", "a.txt") == .unsupported)
    #expect(kind("cut.bin", "b.bin") == .truncated)
    #expect(kind("none.bin", "b.bin") == .notFound)
    #expect(kind("a.bin", "none/b.bin") == .notFound)
    #expect(folder.names == ["a.bin", "cut.bin"])
  }

  @Test func `a saved image loads from each format`() throws {
    let folder = try TemporaryFolder()
    let image = try SampleState.image(.v0)
    let names: [(String, SnapshotFormat?)] = [
      ("a.bin", nil), ("a.bin.gz", nil), ("a.json", nil), ("a.json.gz", nil), ("a.old", .pr7559),
      ("a.fsnap", nil),
    ]
    for (name, format) in names {
      try Snapshot.save(image, path: folder.file(name), to: format)
      let loaded = try Snapshot.load(path: folder.file(name), from: format)
      #expect(loaded.state == image.state, "\(name)")
      #expect(loaded.memory.root() == image.memory.root(), "\(name)")
    }
  }

  @Test func `a spool without a folder is an error that names the remedy`() throws {
    let error = #expect(throws: StreamError.self) { try PageSpool(in: "/nowhere") }
    #expect(error?.description.contains("TMPDIR") == true)
  }

  @Test func `encoders refuse pages out of order and wrong counts`() throws {
    let page = [UInt8](repeating: 0, count: Memory.pageSize)
    func kind(_ format: SnapshotFormat, _ count: UInt64, _ pages: [UInt64]) -> StreamError.Kind? {
      failure { () throws(StreamError) in
        let encoder = format.encoder(to: MemorySink())
        try encoder.begin(SnapshotOutline(version: .v0, pageCount: count))
        for index in pages {
          try page.withUnsafeBufferPointer { (page) throws(StreamError) in
            try encoder.page(index, UnsafeRawBufferPointer(page))
          }
        }
        try encoder.end(MachineState(version: .v0))
      }
    }
    for format in Self.formats {
      #expect(kind(format, 2, [1, 2]) == nil)
      #expect(kind(format, 2, [2, 1]) == .unsupported)
      #expect(kind(format, 2, [1, 1]) == .unsupported)
      #expect(kind(format, 3, [1, 2]) == .corrupt)
      #expect(kind(format, 1, [1, 2]) == .corrupt)
    }
    #expect(kind(.pr7559, 1_046_532, []) == .tooLarge)
  }
}
