import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Testing

/// Corrupt and made-up files: each gives an error, or a state that a canonical file of the same
/// claim stands for.
struct HostileTests {
  /// A small file of each format and layout. Pages of pr7559 are cut short, to keep it small.
  private static func samples() throws -> [(name: String, bytes: [UInt8])] {
    var samples: [(String, [UInt8])] = []
    for version in [StateVersion.v0, .v1, .v3, .v5, .v8] {
      let image = try SampleState.image(version, pages: [4], threads: 2)
      samples.append(("bin \(version)", try Snapshots.write(image, as: .bin)))
    }
    let image = try SampleState.image(.v0, pages: [4, 5])
    samples.append(("json", try Snapshots.write(image, as: .json)))
    let state = try Snapshots.write(SampleState.image(.v0, pages: []), as: .bin).dropFirst(5)
    let pages: [(UInt32, [UInt8])] = [(9, [1, 2, 3]), (4, Array(1...40)), (0x7FFFD, [])]
    samples.append(("pr7559", ProposedFormat.file(pages: pages, state: Array(state))))
    return samples
  }

  /// Checks that a file is refused, or that what is read of it is a whole state.
  /// - Returns: what was read.
  @discardableResult
  private static func check(_ bytes: [UInt8], _ name: String) throws -> Snapshots.Reading? {
    let reading: Snapshots.Reading
    do {
      reading = try Snapshots.read(bytes)
    } catch {
      #expect(!error.message.isEmpty)
      return nil
    }
    let canonical = try Snapshots.rewrite(bytes, from: reading.format, as: .bin)
    let again = try Snapshots.read(canonical, from: .bin)
    #expect(again.state == reading.state && again.claim == reading.claim, "\(name)")
    return reading
  }

  /// Why a binary file is refused, if it is.
  private static func kind(_ bytes: [UInt8]) -> StreamError.Kind? {
    failure { () throws(StreamError) in try Snapshots.read(bytes, from: .bin) }
  }

  @Test func `a file cut at any byte is refused, but for white space`() throws {
    for (name, bytes) in try Self.samples() {
      let whole = try Snapshots.read(bytes)
      for count in 0..<bytes.count {
        guard let reading = try Self.check(Array(bytes[..<count]), name) else { continue }
        #expect(whole.format == .json && count >= bytes.count - 2, "\(name) cut at \(count)")
        #expect(reading == whole)
      }
    }
  }

  @Test func `a file with any byte changed is refused or says what it holds`() throws {
    var random = SeededGenerator(seed: 7)
    for (name, bytes) in try Self.samples() {
      for offset in 0..<bytes.count {
        var values: [UInt8] = [0, 1, 0xFF, bytes[offset] ^ 0x20, UInt8(random.below(256))]
        if isLongRun {
          values += (0..<8).map { bytes[offset] ^ 1 << $0 } + random.bytes(8)
        }
        for value in values where value != bytes[offset] {
          var changed = bytes
          changed[offset] = value
          try Self.check(changed, "\(name) at \(offset)")
        }
      }
    }
  }

  @Test func `a gzip file with any byte cut or changed is refused, or is the same`() throws {
    let bytes = try Snapshots.write(SampleState.image(.v0, pages: [4]), as: .bin)
    let whole = try Snapshots.read(bytes)
    let packed = try Snapshots.gzip(bytes)
    for offset in 0..<packed.count {
      #expect(try Self.check(Array(packed[..<offset]), "cut") == nil)
      var changed = packed
      changed[offset] ^= 0x10
      if let reading = try Self.check(changed, "changed") { #expect(reading == whole) }
    }
  }

  @Test func `bytes behind the end are an error`() throws {
    for (name, bytes) in try Self.samples() {
      let kind = failure { () throws(StreamError) in try Snapshots.read(bytes + [0]) }
      #expect(kind != nil, "\(name)")
    }
  }

  @Test func `counts that lie end with an error`() throws {
    let counts: [UInt64] = [
      1 << 20, 1 << 21, 1 << 31, 0xFFFF_FFFF, 1 << 32, 1 << 52, 1 << 62, 1 << 63, .max,
    ]
    for version in StateVersion.allCases {
      let word = version.wordSize.bytes
      let bytes = try Snapshots.write(SampleState.image(version, pages: [4]), as: .bin)
      let end = bytes.count
      let hint = end - 5 - 4
      // The counts of threads stand before the threads, and the right one has two.
      let right = hint - 2 * version.threadLayout.byteCount - word
      for count in counts where word == 8 || count <= 0xFFFF_FFFF {
        var fields = [(1, word), (hint, 4)]
        if !version.isSingleThreaded { fields.append((right, word)) }
        for (offset, width) in fields where width == 8 || count <= 0xFFFF_FFFF {
          var changed = bytes
          for byte in 0..<width {
            let shift = UInt64(8 * (width - 1 - byte))
            changed[offset + byte] = UInt8(truncatingIfNeeded: count >> shift)
          }
          let kind = Self.kind(changed)
          let isRefused = kind == .truncated || kind == .tooLarge || kind == .corrupt
          #expect(isRefused, "\(version), \(count) at \(offset)")
        }
      }
    }
  }

  @Test func `pages twice or out of range are errors`() throws {
    for version in StateVersion.allCases {
      let word = version.wordSize.bytes
      let bytes = try Snapshots.write(SampleState.image(version, pages: [4, 7]), as: .bin)
      let second = 1 + word + word + Memory.pageSize
      var twice = bytes
      twice[second + word - 1] = 4
      #expect(Self.kind(twice) == .corrupt)
      var outside = bytes
      outside[second + 1] = 0x10
      #expect(Self.kind(outside) == .corrupt)
    }
  }

  @Test func `booleans other than 0 and 1 are errors`() throws {
    for version in StateVersion.allCases {
      let bytes = try Snapshots.write(SampleState.image(version, pages: []), as: .bin)
      var offset = 1 + version.wordSize.bytes
      for field in version.snapshotLayout.fields.prefix(while: { $0 != .lastHint }) {
        if field == .exited || field == .traverseRight {
          var changed = bytes
          changed[offset] = 2
          #expect(Self.kind(changed) == .corrupt)
        }
        offset += field.byteCount(in: version)
      }
    }
  }

  @Test func `threads in a compressed bomb end with an error`() throws {
    var state = try Snapshots.write(SampleState.image(.v8, pages: [], threads: 0), as: .bin)
    let counts = state.count - 5 - 4 - 16
    state[counts] = 1
    let packed = MemorySink()
    let sink = GzipSink(over: packed)
    try sink.write(Array(state[..<(counts + 8)]))
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    for _ in 0..<256 { try sink.write(zeros) }
    try sink.finish()
    #expect(failure { () throws(StreamError) in try Snapshots.read(packed.bytes) } == .tooLarge)
    // A count that this host has room for costs what the file really holds.
    state[counts] = 0
    state[counts + 5] = 0x10
    #expect(failure { () throws(StreamError) in try Snapshots.read(state) } == .truncated)
  }

  @Test func `noise is refused or says what it holds`() throws {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<(isLongRun ? 100_000 : 3_000) {
      var bytes = (0..<random.below(600)).map { _ in UInt8(random.below(256)) }
      if !bytes.isEmpty { bytes[0] = random.pick([0, 0, 1, 5, 8, UInt8(ascii: "{")]) }
      try Self.check(bytes, "noise")
    }
  }
}
