import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Keccak
import Testing

/// Files whose checksums are right and that lie all the same.
struct FsnapHostileTests {
  private let image: MemoryImage
  private let parts: FsnapParts

  init() throws {
    image = try Fsnap.sample()
    parts = FsnapParts(try Fsnap.write(image))
  }

  /// What a reader says of a file after a change.
  private func refusal(
    trustPages: Bool = false, _ change: (inout FsnapParts) -> Void
  ) -> StreamError.Kind? {
    var changed = parts
    change(&changed)
    return failure { () throws(StreamError) in
      try Fsnap.check(changed.bytes, trustPages: trustPages)
    }
  }

  @Test func `a header that lies is refused`() {
    #expect(refusal { _ in } == nil)
    #expect(refusal { $0.claim[5] ^= 1 } == .corrupt)
    #expect(refusal { $0.claim[0] ^= 1 } == .corrupt)
    #expect(refusal { $0.step += 1 } == .corrupt)
    #expect(refusal { $0.witness[80] ^= 1 } == .corrupt)
    #expect(refusal { $0.formatVersion = 2 } == .unsupported)
    #expect(refusal { $0.version = 9 } == .unsupported)
    #expect(refusal { $0.version = 5 } == .corrupt)
    #expect(refusal { $0.version = 7 } == nil)
    #expect(refusal { $0.depth = 65 } == .corrupt)
    #expect(refusal { $0.depth = 1 } == .corrupt)
    #expect(refusal { $0.pagesPerBlock = 0 } == .corrupt)
    #expect(refusal { $0.pagesPerBlock = 129 } == .corrupt)
    #expect(refusal { $0.pagesPerBlock = 3 } == .corrupt)
    #expect(refusal { $0.digest[0] ^= 1 } == .corrupt)
    #expect(refusal { $0.trailerBytes = 17 } == .corrupt)
    #expect(refusal { $0.trailerBytes = .max } == .corrupt)
  }

  @Test func `counts that lie cost no memory`() {
    let counts: [UInt64] =
      (20...63).map { 1 << $0 } + [4, 6, .max, .max - 1, 1 << 52 + 1, 0x6666_6666_6666_6667]
    for count in counts {
      #expect(refusal { $0.pageCount = count } != nil)
      #expect(refusal { $0.storedCount = count } != nil)
      for trailer in [17 &+ 8 &* (count / 2 &+ count % 2), 17, 41] as [UInt64] {
        let kind = refusal {
          $0.pageCount = count
          $0.storedCount = count
          $0.trailerBytes = trailer
        }
        #expect(kind != nil)
      }
    }
  }

  @Test func `a compressed file can't ask for a page table that memory has no room for`() throws {
    func refusal(_ parts: FsnapParts, packed: Bool) throws -> StreamError.Kind? {
      let bytes = try packed ? Snapshots.gzip(parts.bytes) : parts.bytes
      return failure { () throws(StreamError) in try Snapshots.read(bytes) }
    }
    let limit: UInt64 = 1 << 19
    for (count, packed, plain) in [
      (limit, .corrupt, .corrupt), (limit + 1, .tooLarge, .corrupt),
      (1 << 32 - 1, .tooLarge, .corrupt),
    ] as [(UInt64, StreamError.Kind, StreamError.Kind)] {
      var large = parts
      large.pageCount = count
      large.storedCount = count
      large.trailerBytes = 17 + 8 * ((count + 1) / 2)
      #expect(try refusal(large, packed: true) == packed)
      #expect(try refusal(large, packed: false) == plain)
    }
    // As many pages may be removed by a delta.
    var delta = parts
    delta.depth = 1
    for (count, packed) in [(limit, .corrupt), (limit + 1, .tooLarge)]
      as [(UInt64, StreamError.Kind)]
    {
      let content = [UInt8](repeating: 0, count: 65 + 8 * Int(count))
      delta.sections = [FsnapParts.Section(kind: "BASE", content: content)] + parts.sections
      #expect(try refusal(delta, packed: true) == packed)
      #expect(try refusal(delta, packed: false) == .corrupt)
    }
  }

  @Test func `a state that is not the witness's is refused`() {
    let stat = parts.first("STAT")
    for offset in parts.sections[stat].content.indices.dropLast(9) {
      #expect(refusal { $0.sections[stat].content[offset] ^= 1 } != nil, "byte \(offset)")
    }
    #expect(refusal { $0.sections[stat].content.append(0) } == .trailingData)
    #expect(refusal { $0.sections[stat].content.removeLast() } == .truncated)
    #expect(refusal { $0.sections[stat].content = [] } == .truncated)
  }

  @Test func `a memory root or a page root that lies is refused`() throws {
    #expect(refusal { $0.setMemoryRoot(Bytes32()) } == .corrupt)
    #expect(refusal { $0.table[2][20] ^= 1 } == .corrupt)
    // The roots and the witness agree with one another, but not with the pages.
    let lie = try Fsnap.sample(seed: 2)
    let root = lie.memory.root()
    let table = FsnapParts(try Fsnap.write(lie)).table
    let change: (inout FsnapParts) -> Void = {
      $0.table = table
      $0.setMemoryRoot(root)
    }
    #expect(refusal(change) == .corrupt)
    // This is what the caller takes on who trusts the pages.
    #expect(refusal(trustPages: true, change) == nil)
  }

  @Test func `if trusted pages are hashed in any case, a claim that is not theirs is an error`()
    throws
  {
    let lie = try Fsnap.sample(seed: 2)
    var forged = parts
    forged.table = FsnapParts(try Fsnap.write(lie)).table
    forged.setMemoryRoot(lie.memory.root())
    let trusting = SnapshotReading(trustPages: true)
    for (bytes, kind) in [(parts.bytes, nil), (forged.bytes, .corrupt)]
      as [([UInt8], StreamError.Kind?)]
    {
      func source() -> MemorySource { MemorySource(bytes, name: "a.fsnap") }
      let calculator = ClaimCalculator()
      try Snapshot.read(source(), trusting, into: calculator)
      #expect(!calculator.isVerified)
      #expect(
        failure { () throws(StreamError) in
          _ = try Snapshot.loadHashed(from: source(), trusting)
        } == kind)
      #expect(
        failure { () throws(StreamError) in
          try SnapshotConverter.convert(source(), trusting, to: MemorySink(), as: .fsnap)
        } == kind)
      // Nothing is hashed for these.
      _ = try Snapshot.load(from: source(), trusting)
      try SnapshotConverter.convert(source(), trusting, to: MemorySink(), as: .bin)
    }
    let calculator = ClaimCalculator()
    try Snapshot.read(
      MemorySource(parts.bytes, name: "a.fsnap"), SnapshotReading(), into: calculator)
    #expect(calculator.isVerified)
  }

  @Test func `pages twice, out of order or out of range are refused`() {
    #expect(refusal { $0.table.swapAt(0, 1) } == .corrupt)
    #expect(refusal { $0.table[1] = $0.table[0] } == .corrupt)
    #expect(refusal { $0.table[4].replaceSubrange(..<2, with: [0, 0x10]) } == .corrupt)
    #expect(refusal { $0.table.removeLast() } == .corrupt)
    #expect(refusal { $0.table.append([UInt8](repeating: 0xFF, count: 40)) } == .corrupt)
  }

  @Test func `a trailer that lies is refused`() throws {
    let right = try offsets()
    let lists: [[UInt64]] = [
      [], [0, 1, 2], right.reversed(), Array(right.dropLast()), right + [9],
    ]
    for changed in lists { #expect(refusal { $0.blockOffsets = changed } == .corrupt) }
    for number in right.indices {
      #expect(
        refusal {
          $0.blockOffsets = right
          $0.blockOffsets?[number] += 1
        } == .corrupt)
    }
  }

  @Test func `a file whose trailer lies is not opened, or its pages are not given`() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("5.fsnap")
    let right = try offsets()
    let lists: [[UInt64]] = [
      [0, 1, 2], right.reversed(), [right[0], right[0], right[2]], [right[1], right[2], .max],
      [right[0], right[1], right[2] + 1], [right[0] - 1, right[1], right[2]],
    ]
    for list in lists {
      var changed = parts
      changed.blockOffsets = list
      try Snapshots.save(changed.bytes, path)
      let kind = failure { () throws(StreamError) in
        let file = try FsnapFile(path: path, trustPages: true)
        for index in file.table.indices { _ = try file.page(at: index) }
      }
      #expect(kind != nil, "\(list)")
    }
  }

  private func offsets() throws -> [UInt64] {
    let bytes = parts.bytes
    let starts = bytes.indices.filter { bytes[$0...].starts(with: Array("BLCK".utf8)) }
    return starts.map { UInt64($0) }
  }

  @Test func `blocks that are changed with their checksums are refused`() {
    let block = parts.first("BLCK")
    #expect(refusal { $0.sections.swapAt(block, block + 1) } == .corrupt)
    #expect(refusal { $0.sections.remove(at: block) } == .corrupt)
    #expect(refusal { $0.sections.insert($0.sections[block], at: block) } == .corrupt)
    #expect(refusal { $0.sections[block].content[3] = 1 } == .corrupt)
    #expect(refusal { $0.sections[block].content = [] } == .corrupt)
    #expect(refusal { $0.sections[block].content.removeLast() } == .corrupt)
    #expect(refusal { $0.sections[block].content.append(0) } == .corrupt)
    let tooLong = [UInt8](repeating: 0, count: 10_000)
    #expect(refusal { $0.sections[block].content += tooLong } == .corrupt)
    // Numbers and places are right, contents exchanged.
    let change: (inout FsnapParts) -> Void = {
      $0.sections.swapAt(block, block + 1)
      $0.sections[block].content[3] = 0
      $0.sections[block + 1].content[3] = 1
    }
    #expect(refusal(change) == .corrupt)
  }

  @Test func `a block that is no single zstd frame of the right size is refused`() throws {
    let block = parts.first("BLCK")
    func refusal(_ frame: [UInt8]) -> StreamError.Kind? {
      self.refusal(trustPages: true) { $0.sections[block].content = [0, 0, 0, 0] + frame }
    }
    let frame = Array(parts.sections[block].content.dropFirst(4))
    let pages = try Zstd.decompress(frame, exactly: 8192)
    #expect(refusal(try Zstd.compress(pages, level: 19)) == nil)
    let half = Array(pages[..<4096])
    #expect(refusal(try Zstd.compress(half) + Zstd.compress(half)) == .corrupt)
    #expect(refusal(try Zstd.compress(half)) == .corrupt)
    #expect(refusal(try Zstd.compress(pages + half)) == .corrupt)
    // A bomb: some kilobytes that become 64 MiB.
    let bomb = try Zstd.compress([UInt8](repeating: 0, count: 64 << 20))
    #expect(refusal(bomb) == .corrupt)
    let unchecked = try pages.withUnsafeBytes {
      try ZstdBlockCompressor(level: 1, checksum: false).compress($0)
    }
    #expect(refusal(unchecked) == .corrupt)
    let skipped: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]
    #expect(refusal(skipped + (try Zstd.compress(pages))) == .corrupt)
    #expect(refusal(try Zstd.compress(pages) + skipped) == .corrupt)
    #expect(refusal(pages) == .corrupt)
  }

  @Test func `unknown optional sections are skipped wherever they are`() throws {
    for place in 0...parts.sections.count {
      for size in [0, 1, 100_000] {
        var changed = parts
        changed.sections.insert(
          FsnapParts.Section(kind: "note", flags: 0, content: [UInt8](repeating: 7, count: size)),
          at: place)
        let file = changed.bytes
        #expect(try Fsnap.binary(Fsnap.load(file)) == Fsnap.binary(image))
        let folder = try TemporaryFolder()
        try Snapshots.save(file, folder.file("1.fsnap"))
        let pages = try FsnapFile(path: folder.file("1.fsnap"))
        for index in pages.table.indices { #expect(try pages.page(at: index) != nil) }
        // They are checked too.
        var damaged = file
        if let start = file.firstRange(of: Array("note".utf8))?.lowerBound {
          damaged[start + 13 + size / 2] ^= 1
        }
        #expect(failure { () throws(StreamError) in try Fsnap.check(damaged) } == .checksum)
      }
    }
  }

  @Test func `unknown mandatory sections and unknown flags are refused`() {
    let unknown = FsnapParts.Section(kind: "NEED", content: [1])
    for place in 0...parts.sections.count {
      #expect(refusal { $0.sections.insert(unknown, at: place) } == .unsupported)
    }
    for place in parts.sections.indices {
      #expect(refusal { $0.sections[place].flags = 0 } == .corrupt)
      #expect(refusal { $0.sections[place].flags = 3 } == .corrupt)
      #expect(refusal { $0.sections.insert($0.sections[place], at: place) } == .corrupt)
      #expect(refusal { $0.sections.remove(at: place) } == .corrupt)
    }
  }

  @Test func `random changes with right checksums give an error or the same state`() throws {
    var random = SeededGenerator(seed: 13)
    let right = try Fsnap.binary(image)
    for _ in 0..<(isLongRun ? 100_000 : 2_000) {
      var changed = parts
      for _ in 0...random.below(3) {
        let section = random.below(changed.sections.count)
        guard !changed.sections[section].content.isEmpty else { continue }
        let offset = random.below(changed.sections[section].content.count)
        changed.sections[section].content[offset] = UInt8(random.below(256))
      }
      guard let read = try? Fsnap.load(changed.bytes) else { continue }
      // The unfinished hint is the one part that no hash covers.
      var state = read.state
      state.lastHint = image.state.lastHint
      #expect(try Fsnap.binary(MemoryImage(state: state, memory: read.memory)) == right)
    }
  }
}
