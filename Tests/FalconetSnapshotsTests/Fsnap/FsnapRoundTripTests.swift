import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Keccak
import Testing

/// What is written as `.fsnap` is read as it was.
struct FsnapRoundTripTests {
  @Test(arguments: StateVersion.allCases)
  func `a state is read as it was written, by either writer`(_ version: StateVersion) throws {
    for pages in [[], [0], [3, 4, 900, 0xFFFFF]] as [[UInt64]] {
      let image = try SampleState.image(version, pages: pages, seed: UInt64(pages.count))
      let file = try Fsnap.write(image)
      #expect(try Fsnap.encode(image) == file)
      let read = try Fsnap.load(file)
      #expect(read.state == image.state)
      #expect(try Fsnap.binary(read) == Fsnap.binary(image))
      let header = try Fsnap.check(file)
      #expect(header.claim == Fsnap.claim(image))
      #expect(header.step == image.state.scalars.step && header.version == version)
      #expect(Array(file[..<32]) == header.claim.bytes)
      #expect(Array(file[52..<52 + header.witness.count]) == header.witness)
    }
  }

  @Test(arguments: StateVersion.allCases)
  func `the reference machine's states come back byte for byte`(_ version: StateVersion) throws {
    let claims = try Fixtures.stateClaims()
    var found = 0
    for (name, expected) in claims where expected.0 == version && name.hasSuffix(".bin") {
      guard !name.hasPrefix("pr7559") else { continue }
      found += 1
      let binary = try Fixtures.state(name)
      let sink = MemorySink()
      let encoder = FsnapEncoder(to: sink)
      try Snapshot.read(MemorySource(binary), from: .bin, into: encoder)
      #expect(try Fsnap.check(sink.bytes).claim == expected.1, "\(name)")
      #expect(try Fsnap.check(sink.bytes, trustPages: true).claim == expected.1, "\(name)")
      let image = try Fsnap.load(sink.bytes)
      #expect(try Fsnap.binary(image) == binary, "\(name)")
      #expect(try Fsnap.write(image, FsnapOptions()) == sink.bytes, "\(name)")
    }
    #expect(found > 1)
  }

  @Test func `any number of pages in blocks of any size comes back`() throws {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<(isLongRun ? 400 : 40) {
      let count = random.below(300)
      let image = try SampleState.image(
        random.pick(StateVersion.allCases), pages: (0..<count).map { _ in random.next() % 0xFFFFF },
        threads: random.below(5) + 1, seed: random.next())
      var options = FsnapOptions()
      options.pagesPerBlock = random.pick([1, 2, 3, 64, 127, 128])
      options.level = Int32(random.below(5) + 1)
      let file = try Fsnap.write(image, options)
      #expect(try Fsnap.encode(image, options) == file)
      #expect(try Fsnap.binary(Fsnap.load(file)) == Fsnap.binary(image))
    }
  }

  @Test func `pages that zstd can't make smaller come back`() throws {
    var random = SeededGenerator(seed: 12)
    let image = try SampleState.image(.v8, pages: [])
    for page in 0..<130 as Range<UInt64> {
      let noise = (0..<4096).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      try noise.withUnsafeBytes { try image.memory.write($0, at: page << 12) }
    }
    for pages in [1, 64, 128] {
      var options = FsnapOptions()
      options.pagesPerBlock = pages
      #expect(try Fsnap.binary(Fsnap.load(Fsnap.write(image, options))) == Fsnap.binary(image))
    }
  }

  @Test func `the test's own layout of the file is the library's`() throws {
    let file = try Fsnap.write(Fsnap.sample())
    #expect(FsnapParts(file).bytes == file)
  }

  @Test func `pages per block are brought into the range that readers take`() {
    var options = FsnapOptions()
    options.pagesPerBlock = 0
    #expect(options.pagesPerBlock == 1)
    options.pagesPerBlock = 1000
    #expect(options.pagesPerBlock == 128)
  }

  @Test func `an encoder refuses pages out of order and a count that does not hold`() throws {
    let page = [UInt8](repeating: 0, count: 4096)
    func encode(_ pages: [UInt64], announced: UInt64?) throws(StreamError) {
      let encoder = FsnapEncoder(to: MemorySink())
      try encoder.begin(SnapshotOutline(version: .v8, pageCount: announced))
      for index in pages {
        try page.withUnsafeBufferPointer { (page) throws(StreamError) in
          try encoder.page(index, UnsafeRawBufferPointer(page))
        }
      }
      try encoder.end(MachineState(version: .v8))
    }
    try encode([1, 2, 3], announced: nil)
    try encode([1, 2, 3], announced: 3)
    let refused: [([UInt64], UInt64?, StreamError.Kind)] = [
      ([2, 1], nil, .unsupported), ([1, 1], nil, .unsupported), ([1], 2, .corrupt),
    ]
    for (pages, announced, expected) in refused {
      let kind = failure { () throws(StreamError) in try encode(pages, announced: announced) }
      #expect(kind == expected)
    }
  }

  @Test func `pages come with their roots, so that a claim costs no second hash`() throws {
    final class Roots: SnapshotConsumer {
      var roots: [UInt64: Bytes32] = [:]
      func begin(_ outline: SnapshotOutline) {}
      func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) {
        Issue.record("page \(index) has no root")
      }
      func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer, root: Bytes32) {
        roots[index] = root
      }
      func end(_ state: MachineState) {}
    }
    let image = try Fsnap.sample()
    let table = PageTable(image.memory)
    let consumer = Roots()
    try Snapshot.read(MemorySource(Fsnap.write(image)), into: consumer)
    #expect(consumer.roots == Dictionary(uniqueKeysWithValues: zip(table.indices, table.roots)))

    // The bytes are not looked at when the root is known.
    let calculator = ClaimCalculator()
    try calculator.begin(SnapshotOutline(version: .v8))
    let zeros = [UInt8](repeating: 0, count: Memory.pageSize)
    for (index, root) in consumer.roots {
      try zeros.withUnsafeBytes { try calculator.page(index, $0, root: root) }
    }
    try calculator.end(image.state)
    #expect(calculator.claim == Fsnap.claim(image))
  }

  @Test func `the claim is read from the header alone`() throws {
    let folder = try TemporaryFolder()
    let image = try Fsnap.sample()
    let file = try Fsnap.write(image)
    // Nothing of the file but its header.
    try Snapshots.save(Array(file[..<303]), folder.file("cut.fsnap"))
    #expect(try FsnapHeader(path: folder.file("cut.fsnap")).claim == Fsnap.claim(image))
  }
}
