import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Keccak

/// Bytes in, bytes out: the readers and writers of `.fsnap` files as functions.
enum Fsnap {
  /// A small state: five pages in three blocks, about 1.5 KiB as a file.
  static func sample(_ version: StateVersion = .v8, seed: UInt64 = 1) throws -> MemoryImage {
    let image = try SampleState.image(version, pages: [], threads: 2, seed: seed)
    for (number, page) in [0, 1, 2, 7, 0x7FFFD].enumerated() {
      try image.memory.storeWord(seed &+ UInt64(number), at: UInt64(page) << 12 | 0x100)
    }
    return image
  }

  static var smallBlocks: FsnapOptions {
    var options = FsnapOptions()
    options.pagesPerBlock = 2
    return options
  }

  /// Writes in one pass.
  static func write(
    _ image: MemoryImage, _ options: FsnapOptions = smallBlocks
  ) throws(StreamError) -> [UInt8] {
    let sink = MemorySink()
    try FsnapWriter.write(image, to: sink, options)
    return sink.bytes
  }

  /// Writes as conversion does.
  static func encode(
    _ producer: some SnapshotProducer, _ options: FsnapOptions = smallBlocks
  ) throws(StreamError) -> [UInt8] {
    let sink = MemorySink()
    try producer.produce(for: FsnapEncoder(to: sink, options))
    return sink.bytes
  }

  /// Reads and checks everything.
  @discardableResult
  static func check(
    _ bytes: [UInt8], bases: FsnapBaseLocation = .nowhere, trustPages: Bool = false
  ) throws(StreamError) -> FsnapHeader {
    try decoder(bytes, bases, trustPages).check()
  }

  /// Reads a file into memory.
  static func load(
    _ bytes: [UInt8], bases: FsnapBaseLocation = .nowhere
  ) throws(StreamError) -> MemoryImage {
    let builder = MemoryBuilder()
    try decoder(bytes, bases).produce(for: builder)
    guard let image = builder.image else {
      throw StreamError(.truncated, message: "a decoder returned without an end")
    }
    return image
  }

  /// The `.bin` file of a state.
  static func binary(_ image: MemoryImage) throws(StreamError) -> [UInt8] {
    try Snapshots.write(image, as: .bin)
  }

  static func claim(_ image: MemoryImage) -> Bytes32 {
    image.state.claim(witness: image.state.witness(memoryRoot: image.memory.root()))
  }

  private static func decoder(
    _ bytes: [UInt8], _ bases: FsnapBaseLocation, _ trustPages: Bool = false
  ) -> FsnapDecoder {
    // Short reads are what pipes give.
    let source = MemorySource(bytes, name: "test.fsnap", chunk: 1000)
    return FsnapDecoder(ByteReader(source), bases: bases, trustPages: trustPages)
  }
}
