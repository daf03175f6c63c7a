import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Keccak

/// Bytes in, bytes out: the library's streams as functions.
enum Snapshots {
  /// What a file says, without its pages.
  struct Reading: Equatable {
    var format: SnapshotFormat
    var state: MachineState
    var claim: Bytes32
  }

  static func read(
    _ bytes: [UInt8], from format: SnapshotFormat? = nil
  ) throws(StreamError) -> Reading {
    let calculator = ClaimCalculator()
    let found = try Snapshot.read(MemorySource(bytes), from: format, into: calculator)
    guard let state = calculator.state, let claim = calculator.claim else {
      throw StreamError(.truncated, message: "a decoder returned without an end")
    }
    return Reading(format: found, state: state, claim: claim)
  }

  /// Loads a file into memory and writes it in a format, as `save` does.
  static func rewrite(
    _ bytes: [UInt8], from source: SnapshotFormat? = nil, as target: SnapshotFormat
  ) throws(StreamError) -> [UInt8] {
    try write(Snapshot.load(from: MemorySource(bytes), SnapshotReading(from: source)), as: target)
  }

  /// Converts a file as a stream.
  static func convert(
    _ bytes: [UInt8], from source: SnapshotFormat? = nil, as target: SnapshotFormat
  ) throws(StreamError) -> [UInt8] {
    let sink = MemorySink()
    try SnapshotConverter.convert(
      MemorySource(bytes), SnapshotReading(from: source), to: sink, as: target)
    return sink.bytes
  }

  static func write(
    _ producer: some SnapshotProducer, as format: SnapshotFormat
  ) throws(StreamError) -> [UInt8] {
    let sink = MemorySink()
    try producer.produce(for: format.encoder(to: sink))
    return sink.bytes
  }

  static func gzip(_ bytes: [UInt8]) throws(StreamError) -> [UInt8] {
    let packed = MemorySink()
    let sink = GzipSink(over: packed)
    try sink.write(bytes)
    try sink.finish()
    return packed.bytes
  }

  static func zstd(_ bytes: [UInt8]) throws(StreamError) -> [UInt8] {
    let packed = MemorySink()
    let sink = try ZstdSink(over: packed)
    try sink.write(bytes)
    try sink.finish()
    return packed.bytes
  }

  /// The whole file at a path.
  static func contents(_ path: String) throws(StreamError) -> [UInt8] {
    let source = try FileSource(path: path)
    return try ByteReader(source).readBytes(source.size ?? 0)
  }

  static func save(_ bytes: [UInt8], _ path: String) throws(StreamError) {
    try AtomicFile.write(path: path, compression: Compression.none) { (sink) throws(StreamError) in
      try sink.write(bytes)
    }
  }
}

/// The kind of the error that an operation throws; nil if it throws none.
func failure<Value>(of body: () throws(StreamError) -> Value) -> StreamError.Kind? {
  do throws(StreamError) {
    _ = try body()
    return nil
  } catch {
    return error.kind
  }
}
