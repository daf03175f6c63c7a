import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Testing

/// States that no guest has had, and a machine can get into.
@Suite("Whatever a machine can reach can be read back")
struct LargeStateTests {
  @Test("More than 2^17 threads", arguments: [SnapshotFormat.bin, .fsnap])
  func threads(_ format: SnapshotFormat) throws {
    let image = try SampleState.image(.v5, pages: [1], threads: 2)
    var state = image.state
    let thread = try #require(state.threads.left.first)
    state.threads.left = [ThreadState](repeating: thread, count: 1 << 17)
    state.threads.right = [thread]
    let large = MemoryImage(state: state, memory: image.memory)
    let bytes = try Snapshots.write(large, as: format)
    #expect(try Snapshots.read(bytes, from: format).state == state)
  }

  @Test(
    "An unfinished hint of more than 64 MiB",
    arguments: [SnapshotFormat.bin, .fsnap, .pr7559, .json])
  func hint(_ format: SnapshotFormat) throws {
    let image = try SampleState.image(.v0, pages: [1])
    var state = image.state
    try [0x7F, 0xFF, 0xFF, 0xFF, 1].withUnsafeBytes { try state.lastHint.append($0) }
    try state.lastHint.appendZeros(0x400_0000)
    try [9].withUnsafeBytes { try state.lastHint.append($0) }
    let large = MemoryImage(state: state, memory: image.memory)
    let bytes = try Snapshots.write(large, as: format)
    let read = try Snapshots.read(bytes, from: format).state
    #expect(read.lastHint.count == state.lastHint.count)
    #expect(read == state)
  }

  @Test("One whose length has no place in 4 bytes is refused by the writer, and nothing is left")
  func tooLong() throws {
    let folder = try TemporaryFolder()
    for (name, version) in [("a.bin", .v8), ("a.fsnap", .v8), ("a.json", .v0)]
      as [(String, StateVersion)]
    {
      let image = try SampleState.image(version, pages: [1])
      var state = image.state
      state.lastHint = []
      try state.lastHint.appendZeros(1 << 32)
      let path = folder.file(name)
      let error = #expect(throws: StreamError.self) {
        try Snapshot.save(MemoryImage(state: state, memory: image.memory), path: path)
      }
      #expect(error?.kind == .unsupported)
      #expect(throws: StreamError.self) { try FileSource(path: path) }
    }
  }
}
