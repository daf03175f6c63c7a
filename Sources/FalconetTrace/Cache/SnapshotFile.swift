import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetSystem
import Synchronization
import SystemPackage

/// Writes states into a trace's directory, on the writer's thread. Nothing else adds to the directory
/// meanwhile.
final class SnapshotFile: Sendable {
  private let directory: TraceDirectory
  private let claims: ClaimLog
  private let expected = Mutex<UInt64>(0)
  /// Why the claim of the last state was refused.
  private let refusal = Mutex<TraceError?>(nil)

  init(_ directory: TraceDirectory, _ claims: ClaimLog) {
    self.directory = directory
    self.claims = claims
  }

  /// An estimate of the next file's bytes: somewhat more than the last one has, or would have had if
  /// there had been room for it.
  var expectedSize: UInt64 { expected.withLock { $0 } }

  /// Why the claim of the last state was refused, once; nil if it was not.
  func takeRefusal() -> TraceError? {
    refusal.withLock { refusal in
      defer { refusal = nil }
      return refusal
    }
  }

  /// Writes a file of at most so many bytes. If it would have more, no file appears.
  ///
  /// - Parameter isAdopted: whether the state was computed from an adopted one.
  func write(_ checkpoint: Checkpoint, _ limit: UInt64, isAdopted: Bool) throws(StreamError) {
    let file = directory.snapshot(checkpoint.step)
    try directory.checkPlace()
    var budgeted: BudgetSink?
    do throws(StreamError) {
      try AtomicFile.write(path: file.fileName, permissions: 0o666) { (sink) throws(StreamError) in
        let sink = BudgetSink(sink, limit: limit)
        budgeted = sink
        let written = try FsnapWriter.write(checkpoint, to: sink)
        do throws(TraceError) {
          try claims.add(
            checkpoint.step - 1, written.name.claim, isAdopted: isAdopted, isDurable: true)
        } catch {
          if case .file(let error) = error { throw error }
          refusal.withLock { $0 = error }
          throw StreamError(.corrupt, path: file.fileName, message: error.description)
        }
        try directory.checkPlace()
      }
    } catch {
      guard let budgeted, budgeted.isFull else { throw error }
      expected.withLock { $0 = max(budgeted.count, $0) + $0 / 4 }
      return
    }
    let size = TraceDirectory.size(file)
    directory.account(from: 0, to: size)
    expected.withLock { $0 = size + size / 8 }
  }
}

/// A sink that takes no more than so many bytes, so that a file never exceeds a budget.
final class BudgetSink: ByteSink {
  private let sink: any ByteSink
  private let limit: UInt64
  /// Bytes that were to be written, refused ones too.
  private(set) var count: UInt64 = 0

  init(_ sink: any ByteSink, limit: UInt64) {
    self.sink = sink
    self.limit = limit
  }

  var name: String { sink.name }
  var isFull: Bool { count > limit }

  /// - Throws: `.tooLarge` if the bytes don't fit, and what the sink throws.
  func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    count &+= UInt64(bytes.count)
    guard !isFull else {
      throw StreamError(
        .tooLarge, path: name, message: "more than the \(limit) bytes that the budget leaves")
    }
    try sink.write(bytes)
  }

  func finish() throws(StreamError) { try sink.finish() }
}

/// The last hint that the program wrote before a saved state: its bytes, and their CRC-32, 4 bytes
/// big-endian.
///
/// A host may fetch a pre-image only when it is asked for, and then goes by the last hint. A state
/// may lie between the two, so the hint must be sent again to a new host. A state whose hint is corrupt
/// is therefore useless.
enum HintFile {
  /// Bytes of a file. A state after a longer hint is not saved, since a host could lack the hint.
  private static let limit = 1 << 27

  /// What stands beside a state.
  enum Content: Equatable {
    case none
    case hint([UInt8])
    case corrupt(String)
  }

  /// Whether a hint can be saved.
  static func hasRoom(for hint: [UInt8]) -> Bool { hint.count <= limit - 4 }

  static func encode(_ hint: [UInt8]) -> [UInt8] {
    hint + ClaimRecord.checksum(hint).bigEndianBytes
  }

  /// - Throws: ``StreamError`` if the system can't read the file.
  static func read(_ file: FilePath) throws(StreamError) -> Content {
    guard FileStatus.exists(file) else { return .none }
    guard FileStatus.isRegular(file) else { return .corrupt("it is not a file") }
    let bytes: [UInt8]
    do throws(StreamError) {
      bytes = try ByteReader(FileSource(path: file.fileName)).readAll(limit: UInt64(limit))
    } catch {
      if error.isOfContent { return .corrupt(error.description) }
      throw error
    }
    let hint = Array(bytes.dropLast(4))
    return encode(hint) == bytes ? .hint(hint) : .corrupt("it does not match its checksum")
  }
}
