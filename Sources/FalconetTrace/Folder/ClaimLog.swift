import FalconetStreams
import Glibc
import Keccak
import Synchronization
import SystemPackage

/// The claims of a trace that are known, in a file that only grows: what every other file of the
/// folder is held against.
///
/// The file consists of ``ClaimRecord``s. The first one names the trace: in place of the index
/// `FALTRC`, format 1 and the number of the state version, then the claim of the prestate.
///
/// A crash can leave part of a record at the end, which is overwritten. Anything else that is wrong
/// has the file put aside, and what is right written anew. May be used from several threads.
final class ClaimLog: Sendable {
  private static let magic: UInt64 = 0x4641_4C54_5243_0000 | TraceName.format << 8
  private let folder: TraceFolder
  private let name: TraceName
  private let claims: Mutex<[UInt64: Bytes32]>
  /// Where the next record goes. Held while one is written: readers don't wait for the disk.
  private let end: Mutex<Int64>

  private struct State {
    var claims: [UInt64: Bytes32] = [:]
    var size: Int64 = 0
  }

  /// Reads the log of a folder that was identified, or begins one.
  init(_ folder: TraceFolder, _ name: TraceName) throws(TraceError) {
    self.folder = folder
    self.name = name
    var state = State()
    var faults = ["there is none"]
    if TraceFolder.isRegular(folder.claims) {
      (state, faults) = try Self.read(folder.claims, name)
      if !faults.isEmpty { folder.putAside(folder.claims, faults.joined(separator: ", ")) }
    }
    if !faults.isEmpty {
      let bytes = Self.encode(state.claims, name)
      try folder.write(bytes, to: folder.claims)
      state.size = Int64(bytes.count)
    }
    claims = Mutex(state.claims)
    end = Mutex(state.size)
  }

  /// The claim at an index, where it is known.
  subscript(index: UInt64) -> Bytes32? { claims.withLock { $0[index] } }

  var count: Int { claims.withLock { $0.count } }

  /// Adds a claim, if it is not there.
  ///
  /// - Parameter isDurable: whether it is to outlive a loss of power from here on.
  /// - Throws: ``TraceError/contradiction(index:known:computed:)`` where another is known.
  func add(_ index: UInt64, _ claim: Bytes32, isDurable: Bool = false) throws(TraceError) {
    try end.withLock { (end) throws(TraceError) in
      if let known = self[index] {
        guard known == claim else {
          throw .contradiction(index: index, known: known, computed: claim)
        }
        return
      }
      do throws(StreamError) { try folder.checkPlace() } catch { throw .file(error) }
      do {
        try append(ClaimRecord(index: index, claim: claim).bytes, at: end, isDurable)
      } catch {
        // What part of a record was written is overwritten by the next, or dropped by a reader.
        throw .file(
          StreamError(error as? Errno ?? .ioError, .write, path: folder.claims.fileName))
      }
      folder.account(from: 0, to: UInt64(ClaimRecord.size))
      end += Int64(ClaimRecord.size)
      claims.withLock { $0[index] = claim }
    }
  }

  private func append(_ record: [UInt8], at offset: Int64, _ isDurable: Bool) throws {
    // Not kept open, so that the file system can be mounted read-only and back meanwhile.
    let file = try folder.openClaims()
    try file.closeAfter {
      _ = try file.writeAll(toAbsoluteOffset: offset, record)
      if isDurable, fdatasync(file.rawValue) != 0 { throw Errno(rawValue: errno) }
    }
  }

  // MARK: Reading

  /// Which trace a log is of.
  static func readName(_ file: FilePath) throws(TraceError) -> TraceName.Found {
    guard TraceFolder.isRegular(file) else { return .nothing }
    do throws(StreamError) {
      let reader = try ByteReader(FileSource(path: file.fileName), capacity: ClaimRecord.size)
      let record = ClaimRecord(try reader.peek(upTo: ClaimRecord.size))
      if let index = record?.index, index >> 16 == magic >> 16 {
        try TraceName.check(format: index >> 8 & 0xFF, file)
      }
      guard let name = record.flatMap(Self.name) else {
        return .damaged("its first record does not name a trace")
      }
      return .name(name)
    } catch {
      if error.isOfSystem || error.kind == .unsupported { throw .file(error) }
      return .damaged(error.description)
    }
  }

  private static func read(
    _ file: FilePath, _ name: TraceName
  ) throws(TraceError) -> (State, faults: [String]) {
    let bytes: [UInt8]
    do throws(StreamError) {
      bytes = try ByteReader(FileSource(path: file.fileName)).readAll(limit: 1 << 32)
    } catch { throw .file(error) }
    var (state, wrong) = (State(), 0)
    state.claims.reserveCapacity(bytes.count / ClaimRecord.size)
    var faults: [String] = []
    ClaimRecord.forEach(in: bytes) { (number, record) in
      if number == 0 {
        if record.flatMap(Self.name) != name {
          faults.append("its first record does not name the trace")
        }
      } else if let record {
        state.claims[record.index] = record.claim
      } else {
        wrong += 1
      }
    }
    if bytes.count < ClaimRecord.size { faults.append("it is empty") }
    if wrong > 0 { faults.append("\(wrong) records don't match their checksums") }
    state.size = Int64(bytes.count / ClaimRecord.size * ClaimRecord.size)
    return (state, faults)
  }

  private static func name(_ record: ClaimRecord) -> TraceName? {
    guard record.index & ~0xFF == magic else { return nil }
    return TraceName(version: UInt8(truncatingIfNeeded: record.index), prestate: record.claim)
  }

  private static func encode(_ claims: [UInt64: Bytes32], _ name: TraceName) -> [UInt8] {
    let first = ClaimRecord(index: magic | UInt64(name.version), claim: name.prestate)
    return claims.sorted { $0.key < $1.key }.reduce(into: first.bytes) {
      $0 += ClaimRecord(index: $1.key, claim: $1.value).bytes
    }
  }
}
