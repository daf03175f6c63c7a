import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Testing

@Suite("The difference of two snapshots")
struct DifferenceTests {
  private func compare(
    _ left: MemoryImage, _ right: MemoryImage, pageLimit: Int = 64
  ) throws(StreamError) -> SnapshotDifference {
    try SnapshotComparison.compare(
      { (consumer) throws(StreamError) in try left.produce(for: consumer) },
      { (consumer) throws(StreamError) in try right.produce(for: consumer) }, pageLimit: pageLimit)
  }

  private func copy(_ image: MemoryImage) throws -> MemoryImage {
    let builder = MemoryBuilder()
    try image.produce(for: builder)
    return try #require(builder.image)
  }

  @Test("A state is the same as itself, in every version", arguments: StateVersion.allCases)
  func same(_ version: StateVersion) throws {
    let image = try SampleState.image(version)
    #expect(try compare(image, copy(image)).isEmpty)
  }

  @Test("Every scalar that differs is told by its name", arguments: StateVersion.allCases)
  func scalars(_ version: StateVersion) throws {
    let image = try SampleState.image(version)
    for field in version.snapshotLayout.fields {
      var state = image.state
      switch field {
      case .leftStack, .rightStack, .pc, .nextPC, .lo, .hi, .registers: continue
      case .preimageKey: state.scalars.preimageKey[5] ^= 1
      case .lastHint: state.lastHint = [1]
      case .exited, .traverseRight: state[field] ^= 1
      default: state[field] ^= 4
      }
      let difference = try compare(image, MemoryImage(state: state, memory: image.memory))
      let name = field == .nextThreadID ? "nextThreadId" : "\(field)"
      #expect(difference.fields.map(\.name) == [name])
      #expect(difference.threads.isEmpty && difference.pageCount == 0)
    }
  }

  @Test("Registers are told by thread and name")
  func registers() throws {
    let image = try SampleState.image(.v8)
    var state = image.state
    state.threads.right[1].registers[29] = 7
    state.threads.right[1].pc = 8
    let difference = try compare(image, MemoryImage(state: state, memory: image.memory))
    let thread = try #require(difference.threads.first)
    #expect(difference.threads.count == 1 && difference.fields.isEmpty)
    #expect(thread.id == state.threads.right[1].id && thread.kind == .changed)
    #expect(thread.fields.map(\.name) == ["pc", "sp"])
    #expect(thread.fields[1].left == .address(image.state.threads.right[1].registers[29]))
    #expect(thread.fields[1].right == .address(7))
    #expect(thread.rightPC == 8)
  }

  @Test("A thread that moved, one that ended, one that began")
  func threads() throws {
    let image = try SampleState.image(.v8)
    var state = image.state
    state.threads.left.append(state.threads.right.removeLast())
    #expect(
      try compare(image, MemoryImage(state: state, memory: image.memory)).fields.map(\.name)
        == ["leftStack", "rightStack"])
    state.threads.left[1].id = 99
    let difference = try compare(image, MemoryImage(state: state, memory: image.memory))
    #expect(difference.threads.map(\.kind) == [.onlyLeft, .onlyRight])
    #expect(difference.threads.map(\.id) == [2, 99])
  }

  @Test("Words of memory, and pages that one side lacks", arguments: [StateVersion.v2, .v8])
  func pages(_ version: StateVersion) throws {
    let image = try SampleState.image(version, pages: [1, 2, 9])
    let other = try copy(image)
    let size = UInt64(version.wordSize.bytes)
    let old = image.memory.loadWord(at: 0x2010)
    try other.memory.storeWord(old ^ 0xFF, at: 0x2010)
    try other.memory.storeWord(1, at: 0x5000 + size)
    let difference = try compare(image, other)
    #expect(difference.pageCount == 2 && difference.wordCount == 2)
    #expect(difference.pages.map(\.index) == [2, 5])
    #expect(difference.pages.map(\.kind) == [.changed, .onlyRight])
    let word = try #require(difference.pages[0].words.first)
    #expect(word.address == 0x2010 && word.left == old && word.right == old ^ 0xFF)
    let reversed = try compare(other, image)
    #expect(reversed.pages.map(\.kind) == [.changed, .onlyLeft])
    #expect(reversed.pages[1].words.map(\.left) == [1])
  }

  @Test("An empty page is a difference: it is in the root's computation, if not in the root")
  func emptyPage() throws {
    let image = try SampleState.image(.v8)
    let other = try copy(image)
    try other.memory.storeWord(0, at: 0x70_0000)
    let difference = try compare(image, other)
    #expect(difference.pageCount == 1 && difference.wordCount == 0)
    #expect(!difference.isEmpty)
  }

  @Test("All pages are counted, and those with the lowest indices shown, in any order")
  func limit() throws {
    let image = try SampleState.image(.v8, pages: [])
    let pages = try SampleState.image(.v8, pages: Array(1...50))
    for limit in [0, 1, 7, 100] {
      let difference = try SnapshotComparison.compare(
        { (consumer) throws(StreamError) in try image.produce(for: consumer) },
        { (consumer) throws(StreamError) in
          try consumer.begin(SnapshotOutline(version: .v8))
          for index in pages.memory.pageIndices.reversed() {
            try pages.memory.withPage(index) { (bytes) throws(StreamError) in
              try consumer.page(index, bytes)
            }
          }
          try consumer.end(image.state)
        }, pageLimit: limit)
      #expect(difference.pageCount == 50)
      #expect(difference.pages.map(\.index) == Array((1...50).prefix(limit)))
    }
  }

  @Test("Versions of different words are compared by the fields that they share")
  func versions() throws {
    let difference = try compare(SampleState.image(.v1), SampleState.image(.v8))
    #expect(difference.fields.first?.name == "stateVersion")
    #expect(difference.fields.contains { $0.name == "wakeup" && $0.right == nil })
  }

  @Test("The two may have different formats", arguments: [SnapshotFormat.bin, .json, .fsnap])
  func formats(_ format: SnapshotFormat) throws {
    let image = try SampleState.image(.v0)
    let sink = MemorySink()
    try image.produce(for: format.encoder(to: sink))
    let difference = try SnapshotComparison.compare(
      { (consumer) throws(StreamError) in
        _ = try Snapshot.read(MemorySource(sink.bytes), from: format, into: consumer)
      }, { (consumer) throws(StreamError) in try image.produce(for: consumer) }, pageLimit: 4)
    #expect(difference.isEmpty)
  }

  @Test("A side that can't be read is an error")
  func unreadable() throws {
    let image = try SampleState.image(.v8)
    let failure = StreamError(.truncated, message: "no more")
    #expect(throws: StreamError.self) {
      try SnapshotComparison.compare(
        { (consumer) throws(StreamError) in try image.produce(for: consumer) },
        { (_) throws(StreamError) in throw failure }, pageLimit: 4)
    }
    #expect(throws: StreamError.self) {
      try SnapshotComparison.compare(
        { (_) throws(StreamError) in },
        { (consumer) throws(StreamError) in try image.produce(for: consumer) }, pageLimit: 4)
    }
  }
}
