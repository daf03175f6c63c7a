import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Testing

/// Every changed, missing or moved byte of a file is found, with and without hashing of pages.
struct FsnapDamageTests {
  /// A full image and a delta against it, with the folder that the image is in.
  private struct Sample {
    let folder: TemporaryFolder
    let full: [UInt8]
    let delta: [UInt8]

    init() throws {
      folder = try TemporaryFolder()
      let image = try Fsnap.sample()
      full = try Fsnap.write(image)
      try Snapshots.save(full, folder.file("base.fsnap"))
      var options = Fsnap.smallBlocks
      options.base = FsnapBase(image)
      try image.memory.storeWord(77, at: 0x1008)
      try image.memory.storeWord(77, at: 0x5000)
      delta = try Fsnap.write(image, options)
    }

    /// What a reader says of a file.
    func failure(_ bytes: [UInt8], trustPages: Bool = false) -> StreamError.Kind? {
      FalconetSnapshotsTests.failure { () throws(StreamError) in
        try Fsnap.check(bytes, bases: .named(folder.path), trustPages: trustPages)
      }
    }
  }

  @Test func `a change of any byte is found`() throws {
    let sample = try Sample()
    for file in [sample.full, sample.delta] {
      #expect(sample.failure(file) == nil)
      for offset in file.indices {
        let values: [UInt8] =
          isLongRun ? Array(0...255) : [1, 2, 4, 8, 16, 32, 64, 128, 255].map { file[offset] ^ $0 }
        for value in values where value != file[offset] {
          var changed = file
          changed[offset] = value
          #expect(sample.failure(changed) != nil, "byte \(offset) of \(file.count)")
          #expect(sample.failure(changed, trustPages: true) != nil, "byte \(offset), trusted")
        }
      }
    }
  }

  @Test func `a change of any byte of the base that the delta needs is found`() throws {
    let sample = try Sample()
    let path = sample.folder.file("base.fsnap")
    // The delta replaces one of the two pages of the base's first block, so all blocks are needed.
    for offset in sample.full.indices {
      var changed = sample.full
      changed[offset] ^= 0x10
      try Snapshots.save(changed, path)
      #expect(sample.failure(sample.delta) != nil, "byte \(offset)")
      #expect(sample.failure(sample.delta, trustPages: true) != nil, "byte \(offset), trusted")
    }
  }

  @Test func `a cut at any byte is found`() throws {
    let sample = try Sample()
    for file in [sample.full, sample.delta] {
      for count in file.indices {
        let kind = sample.failure(Array(file[..<count]), trustPages: true)
        #expect(kind == .truncated, "cut at \(count)")
      }
    }
  }

  @Test func `a byte that is added or missing anywhere is found`() throws {
    let sample = try Sample()
    for offset in 0...sample.full.count {
      var longer = sample.full
      longer.insert(0, at: offset)
      #expect(sample.failure(longer, trustPages: true) != nil, "added at \(offset)")
      guard offset < sample.full.count else { continue }
      var shorter = sample.full
      shorter.remove(at: offset)
      #expect(sample.failure(shorter, trustPages: true) != nil, "missing at \(offset)")
    }
    #expect(sample.failure(sample.full + sample.full) == .trailingData)
  }

  @Test func `sections in another order are found`() throws {
    let sample = try Sample()
    let parts = FsnapParts(sample.delta)
    for first in parts.sections.indices {
      for second in parts.sections.indices where second > first {
        var moved = parts
        moved.sections.swapAt(first, second)
        #expect(sample.failure(moved.bytes, trustPages: true) == .corrupt, "\(first) and \(second)")
      }
    }
  }

  @Test func `bytes that were moved with their checksums are found`() throws {
    // Blocks of equal size with equal pages differ in nothing but their numbers and places.
    let image = try SampleState.image(.v8, pages: [])
    for page in 1...8 as ClosedRange<UInt64> {
      try image.memory.storeWord(5, at: page << 12)
    }
    let file = try Fsnap.write(image)
    var starts = file.indices.filter { file[$0...].starts(with: Array("BLCK".utf8)) }
    #expect(starts.count == 4)
    starts.append(starts[3] + starts[1] - starts[0])
    for first in 0..<4 {
      for second in 0..<4 where first != second {
        var moved = file
        moved.replaceSubrange(
          starts[first]..<starts[first + 1], with: file[starts[second]..<starts[second + 1]])
        func kind() -> StreamError.Kind? {
          failure { () throws(StreamError) in try Fsnap.check(moved, trustPages: true) }
        }
        #expect(kind() == .corrupt)
        // Even if the block's number is put right.
        moved[starts[first] + 16] = UInt8(first)
        #expect(kind() == .checksum)
      }
    }
  }

  @Test func `a block of another file does not check`() throws {
    let image = try Fsnap.sample()
    let file = try Fsnap.write(image)
    var state = image.state
    state.scalars.heap ^= 8
    let other = try Fsnap.write(MemoryImage(state: state, memory: image.memory))
    #expect(file.count == other.count)
    let start = try #require(file.indices.first { file[$0...].starts(with: Array("BLCK".utf8)) })
    let mixed = Array(file[..<start]) + other[start...]
    let kind = failure { () throws(StreamError) in try Fsnap.check(mixed, trustPages: true) }
    #expect(kind == .checksum)
  }
}
