import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Glibc
import Keccak
import Testing

/// Deltas: what is in them, and how their bases are found.
struct FsnapDeltaTests {
  private let folder: TemporaryFolder
  private let image: MemoryImage

  init() throws {
    folder = try TemporaryFolder()
    image = try Fsnap.sample()
  }

  private func options(_ base: FsnapBase?) -> FsnapOptions {
    var options = Fsnap.smallBlocks
    options.base = base
    return options
  }

  /// Writes a state to the folder as `NUMBER.fsnap`.
  @discardableResult
  private func save(
    _ image: MemoryImage, _ number: Int, base: FsnapBase? = nil
  ) throws(StreamError) -> FsnapBase {
    let sink = MemorySink()
    let written = try FsnapWriter.write(image, to: sink, options(base))
    try Snapshots.save(sink.bytes, path(number))
    return written
  }

  private func path(_ number: Int) -> String { folder.file("\(number).fsnap") }

  private func bytes(_ number: Int) throws(StreamError) -> [UInt8] {
    try Snapshots.contents(path(number))
  }

  /// Changes pages of the state, old and new ones.
  private func run(_ image: MemoryImage, _ random: inout SeededGenerator) throws -> MemoryImage {
    for _ in 0...random.below(4) {
      try image.memory.storeWord(random.next(), at: random.next() % 40 << 12 | 8)
    }
    var state = image.state
    state.scalars.step += 1000
    return MemoryImage(state: state, memory: image.memory)
  }

  @Test func `every delta of a chain gives its state, one page at a time too`() throws {
    var random = SeededGenerator(seed: 21)
    var image = image
    var binaries = [try Fsnap.binary(image)]
    var base = try save(image, 0)
    for number in 1...64 {
      image = try run(image, &random)
      #expect(base.canBeBase)
      base = try save(image, number, base: base)
      binaries.append(try Fsnap.binary(image))
    }
    for number in 0...64 {
      let read = try Fsnap.load(bytes(number), bases: .beside(file: path(number)))
      #expect(try Fsnap.binary(read) == binaries[number])
      #expect(try FsnapHeader(path: path(number)).depth == number)
      // Squashed, it is the full image of its state.
      let squashed = try Fsnap.encode(read)
      #expect(try squashed == Fsnap.write(read) && FsnapParts(squashed).depth == 0)
    }
    let file = try FsnapFile(path: path(64))
    #expect(file.state == image.state)
    #expect(file.table.indices == image.memory.pageIndices)
    for index in image.memory.pageIndices {
      let page = image.memory.withPage(index) { Array($0) }
      #expect(try file.page(at: index) == page)
    }
    #expect(try file.page(at: 0x1234_5678) == nil)
    // No reader takes a longer chain.
    #expect(!base.canBeBase)
    let kind = failure { () throws(StreamError) in try save(image, 65, base: base) }
    #expect(kind == .unsupported)
  }

  @Test func `a delta holds what changed and no more`() throws {
    let base = try save(image, 0)
    try image.memory.storeWord(99, at: 0x1008)
    try image.memory.storeWord(99, at: 0x9000)
    // Written, but with what was there.
    try image.memory.storeWord(image.memory.loadWord(at: 0x7100), at: 0x7100)
    let delta = FsnapParts(try Fsnap.write(image, options(base)))
    #expect(delta.table.map { $0[7] } == [1, 9])
    #expect(delta.pageCount == 6 && delta.storedCount == 2 && delta.depth == 1)
    #expect(try Fsnap.encode(image, options(base)) == delta.bytes)
  }

  @Test func `a delta can be empty, and can take pages away`() throws {
    let base = try save(image, 0)
    let same = try Fsnap.write(image, options(base))
    #expect(FsnapParts(same).storedCount == 0)
    #expect(
      try Fsnap.binary(Fsnap.load(same, bases: .beside(file: path(0)))) == Fsnap.binary(image))

    let other = try SampleState.image(.v8, pages: [1, 5, 0x7FFFD], seed: 9)
    for delta in [try Fsnap.write(other, options(base)), try Fsnap.encode(other, options(base))] {
      let parts = FsnapParts(delta)
      #expect(parts.sections[0].content.count == 65 + 3 * 8)
      #expect(
        try Fsnap.binary(Fsnap.load(delta, bases: .beside(file: path(0)))) == Fsnap.binary(other))
      // Removed pages that are not in the base, not in order, or there all the same.
      for gone in [[0, 2, 8], [0, 7, 2], [0, 2, 1], [0, 2], [0, 2, 7, 9]] as [[UInt64]] {
        var lie = parts
        lie.sections[0].content =
          Array(parts.sections[0].content[..<65]) + gone.flatMap { FsnapParts.big($0) }
        let kind = failure { () throws(StreamError) in
          try Fsnap.check(lie.bytes, bases: .beside(file: path(0)))
        }
        #expect(kind == .corrupt, "\(gone)")
      }
    }
  }

  @Test func `random pairs of states come back from a delta`() throws {
    var random = SeededGenerator(seed: 22)
    for _ in 0..<(isLongRun ? 1000 : 60) {
      let version = random.pick(StateVersion.allCases)
      let images = try (0..<2).map { _ in
        try SampleState.image(
          version, pages: (0..<random.below(40)).map { _ in random.next() % 30 },
          seed: random.next() % 3)
      }
      let base = try save(images[0], 0)
      let delta = try Fsnap.encode(images[1], options(base))
      #expect(try Fsnap.write(images[1], options(base)) == delta)
      let read = try Fsnap.load(delta, bases: .beside(file: path(0)))
      #expect(try Fsnap.binary(read) == Fsnap.binary(images[1]))
    }
  }

  @Test func `a delta without its base is refused`() throws {
    let base = try save(image, 0)
    try image.memory.storeWord(99, at: 0x1008)
    try save(image, 1, base: base)
    let delta = try bytes(1)
    func kind(_ bases: FsnapBaseLocation) -> StreamError.Kind? {
      failure { () throws(StreamError) in try Fsnap.check(delta, bases: bases) }
    }
    #expect(kind(.nowhere) == .notFound)
    #expect(kind(.beside(file: path(1))) == nil)
    #expect(kind(.named(path(0))) == nil)
    #expect(kind(.named(folder.path)) == nil)
    #expect(kind(.named(path(7))) == .notFound)
    // The delta itself is not its base, nor is another state.
    #expect(kind(.named(path(1))) == .corrupt)
    try image.memory.storeWord(100, at: 0x1008)
    try save(image, 2)
    #expect(kind(.named(path(2))) == .corrupt)
    unlink(path(0))
    #expect(kind(.beside(file: path(1))) == .notFound)
    #expect(kind(.beside(file: "/nowhere/at/all.fsnap")) == .system(errno: ENOENT))
  }

  @Test func `a base can be in another format if it is named`() throws {
    let base = FsnapBase(image)
    let names = ["base.bin", "base.bin.gz"]
    for name in names { try Snapshot.save(image, path: folder.file(name)) }
    try image.memory.storeWord(99, at: 0x1008)
    let delta = try Fsnap.write(image, options(base))
    for name in names {
      let read = try Fsnap.load(delta, bases: .named(folder.file(name)))
      #expect(try Fsnap.binary(read) == Fsnap.binary(image))
    }
    // Beside the delta only .fsnap files are looked at.
    let kind = failure { () throws(StreamError) in
      try Fsnap.check(delta, bases: .beside(file: folder.file("1.fsnap")))
    }
    #expect(kind == .notFound)
  }

  @Test func `a squashed base serves the deltas that were made against the chain`() throws {
    var random = SeededGenerator(seed: 23)
    var base = try save(image, 0)
    var image = image
    for number in 1...3 {
      image = try run(image, &random)
      base = try save(image, number, base: base)
    }
    let middle = try Fsnap.load(bytes(2), bases: .beside(file: path(2)))
    try save(middle, 2)
    unlink(path(0))
    unlink(path(1))
    let read = try Fsnap.load(bytes(3), bases: .beside(file: path(3)))
    #expect(try Fsnap.binary(read) == Fsnap.binary(image))
  }

  @Test func `a base with the same claim and other pages is not taken`() throws {
    let base = try save(image, 0)
    let claim = Fsnap.claim(image)
    try image.memory.storeWord(99, at: 0x1008)
    try save(image, 1, base: base)
    // A page of zeros changes no root.
    let other = try Fsnap.sample()
    try other.memory.storeWord(0, at: 0x9000)
    #expect(Fsnap.claim(other) == claim)
    try save(other, 0)
    let delta = try bytes(1)
    func kind(_ bases: FsnapBaseLocation) -> StreamError.Kind? {
      failure { () throws(StreamError) in try Fsnap.check(delta, bases: bases) }
    }
    #expect(kind(.beside(file: path(1))) == .notFound)
    #expect(kind(.named(path(0))) == .corrupt)
    // The right one is found next to it.
    try save(Fsnap.sample(), 5)
    #expect(kind(.beside(file: path(1))) == nil)
  }

  @Test func `chains that would be loops or of other versions are refused`() throws {
    let base = try save(image, 0)
    try save(image, 1, base: base)
    // A delta that says it is based on itself.
    var loop = FsnapParts(try bytes(1))
    loop.sections[0].content = loop.claim + [loop.version] + loop.digest
    for depth in [1, 2, 64] as [UInt8] {
      loop.depth = depth
      unlink(path(0))
      try Snapshots.save(loop.bytes, path(1))
      for bases in [FsnapBaseLocation.beside(file: path(1)), .named(path(1))] {
        let kind = failure { () throws(StreamError) in try Fsnap.check(bytes(1), bases: bases) }
        #expect(kind != nil)
      }
    }
    // Two files that are each other's bases, whatever depths they claim.
    for depths in [(1, 2), (2, 1), (5, 5)] as [(UInt8, UInt8)] {
      loop.depth = depths.0
      try Snapshots.save(loop.bytes, path(1))
      loop.depth = depths.1
      try Snapshots.save(loop.bytes, path(2))
      for number in 1...2 {
        let kind = failure { () throws(StreamError) in
          try Fsnap.check(bytes(number), bases: .beside(file: path(number)))
        }
        #expect(kind == .notFound)
      }
    }
    var version = FsnapParts(try Fsnap.write(image, options(base)))
    version.sections[0].content[32] = 7
    #expect(failure { () throws(StreamError) in try Fsnap.check(version.bytes) } == .corrupt)
    let other = MemoryImage(state: MachineState(version: .v7), memory: image.memory)
    let written = failure { () throws(StreamError) in try Fsnap.write(other, options(base)) }
    #expect(written == .unsupported)
    let encoded = failure { () throws(StreamError) in try Fsnap.encode(other, options(base)) }
    #expect(encoded == .unsupported)
  }
}

/// Bases whose checksums, claims and roots are right, and whose pages are not.
struct ForgedBaseTests {
  @Test func `a page of a base that is not its root's is refused, whole or one page at a time`()
    throws
  {
    let folder = try TemporaryFolder()
    let image = try Fsnap.sample()
    let base = MemorySink()
    let name = try FsnapWriter.write(image, to: base)
    try image.memory.storeWord(77, at: 0x1100)
    var state = image.state
    state.scalars.step += 1000
    let later = MemoryImage(state: state, memory: image.memory)
    var options = FsnapOptions()
    options.base = name
    let delta = MemorySink()
    try FsnapWriter.write(later, to: delta, options)
    try folder.write(delta.bytes, to: "1.fsnap")
    try folder.write(base.bytes, to: "0.fsnap")
    #expect(try Fsnap.claim(Snapshot.load(path: folder.file("1.fsnap"))) == Fsnap.claim(later))

    // A page that the delta leaves to its base.
    let forged = try Forge.pages(base.bytes) { $0.write([0xAB], at: 0x7123) }
    #expect(forged.count > 0 && forged != base.bytes)
    try folder.write(forged, to: "0.fsnap")
    let reading = SnapshotReading(bases: .beside(file: folder.file("1.fsnap")), trustPages: true)
    // All that reads no pages, or trusts them, takes it: it is consistent.
    #expect(
      failure { () throws(StreamError) in
        _ = try Snapshot.load(from: FileSource(path: folder.file("1.fsnap")), reading)
      } == nil)
    for path in ["0.fsnap", "1.fsnap"] {
      #expect(
        failure { () throws(StreamError) in
          _ = try Snapshot.load(path: folder.file(path))
        } == .corrupt)
      let file = try FsnapFile(path: folder.file(path))
      #expect(failure { () throws(StreamError) in _ = try file.page(at: 7) } == .corrupt)
    }
  }
}
