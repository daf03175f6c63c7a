import FalconetMachine
import FalconetSnapshots
import FalconetStreams

/// Small states that the corpora begin with. Always the same, so that a delta in a corpus fits the
/// base that its target makes.
enum SampleStates {
  /// A state with some pages, threads and an unfinished hint.
  static func image(
    _ version: StateVersion, pages: [UInt64] = [], threads: Int = 1, hint: [UInt8] = []
  ) throws -> MemoryImage {
    let memory = Memory(wordSize: version.wordSize)
    for page in pages { try fill(page, of: memory, with: page &* 0x9E37_79B9 | 1) }
    var state = MachineState(version: version, entry: 0x1_0000)
    state.scalars.step = 1000
    state.lastHint = PendingHint(hint)
    if !version.isSingleThreaded {
      state.threads = ThreadTable(
        left: [ThreadState(id: 0, version: version)],
        right: (1..<max(threads, 1)).map { ThreadState(id: UInt64($0), version: version) })
    }
    return MemoryImage(state: state, memory: memory)
  }

  /// The base of every delta in the corpus of `.fsnap` files.
  static func base() throws -> (bytes: [UInt8], base: FsnapBase) {
    let sink = MemorySink()
    let base = try FsnapWriter.write(try image(.v8, pages: [1, 2]), to: sink, FsnapOptions())
    return (sink.bytes, base)
  }

  /// A delta against it: a page changed, a page more.
  static func delta() throws -> [UInt8] {
    let image = try image(.v8, pages: [1, 2, 9], hint: [1, 2, 3])
    try fill(2, of: image.memory, with: 77)
    let sink = MemorySink()
    try FsnapWriter.write(image, to: sink, FsnapOptions(base: try base().base))
    return sink.bytes
  }

  /// States of all versions that a format can hold, as files of it.
  static func seeds(as format: SnapshotFormat) throws -> [FuzzSeed] {
    var seeds: [FuzzSeed] = []
    for version in StateVersion.allCases
    where version == .v0 || format == .bin || format == .fsnap {
      for (name, image) in [
        ("empty", try image(version)),
        ("pages", try image(version, pages: [1, 5], threads: 3, hint: [0, 0, 0, 9, 1])),
      ] {
        seeds.append(FuzzSeed("\(version)-\(name)", try bytes(of: image, as: format)))
      }
    }
    return seeds
  }

  /// A snapshot of a state.
  static func bytes(
    of image: MemoryImage, as format: SnapshotFormat
  ) throws(StreamError) -> [UInt8] {
    let sink = MemorySink()
    try Snapshot.write(image, to: sink, as: format)
    return sink.bytes
  }

  private static func fill(_ page: UInt64, of memory: Memory, with value: UInt64) throws {
    for word in stride(from: 0 as UInt64, to: 256, by: 8) {
      try memory.storeWord(value &* (word + 1), at: page << 12 | word)
    }
  }
}
