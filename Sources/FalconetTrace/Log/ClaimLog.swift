import FalconetLibc
import FalconetStreams
import FalconetSystem
import Keccak
import Synchronization
import SystemPackage

/// The claims of a trace that are known, in a file that only grows: what every other file of the
/// directory is checked against. It says, too, which inputs they depend on.
///
/// The file consists of ``ClaimRecord``s. The first two name the trace: in place of the index `FALTRC`,
/// format 2 and the number of the state version, then the claim of the prestate; `FALREV`, then the name
/// of the revision, filled up with zeros.
///
/// A crash can leave part of a record at the end, which is overwritten. If anything else is corrupt, the
/// file is quarantined, and its valid records are rewritten. May be used from several threads.
final class ClaimLog: Sendable {
  private static let magic: UInt64 = 0x4641_4C54_5243_0000 | TraceName.format << 8
  private static let revisionMagic: UInt64 = 0x4641_4C52_4556_0000
  private static let headerCount = 2
  private let directory: TraceDirectory
  private let name: TraceName
  private let content: Mutex<ClaimLogContent>
  /// Where the next record goes. Held while one is written: readers don't wait for the disk.
  private let end: Mutex<Int64>

  /// Reads the log of a directory that was identified, or begins one.
  init(_ directory: TraceDirectory, _ name: TraceName) throws(TraceError) {
    self.directory = directory
    self.name = name
    var (content, size) = (ClaimLogContent(claimsTellExit: !name.isForeign), Int64(0))
    var faults = ["it does not exist"]
    if FileStatus.isRegular(directory.claims) {
      (content, size, faults) = try Self.read(directory.claims, name)
      if !faults.isEmpty { directory.quarantine(directory.claims, faults.joined(separator: ", ")) }
    }
    if !faults.isEmpty {
      let bytes = Self.encode(content, name)
      try directory.write(bytes, to: directory.claims)
      size = Int64(bytes.count)
    }
    self.content = Mutex(content)
    end = Mutex(size)
  }

  /// The claim at an index, if it is known.
  subscript(index: UInt64) -> Bytes32? { content.withLock { $0.claims[index] } }

  var count: Int { content.withLock { $0.claims.count } }

  /// Hashes of the local pre-images that claims depend on, by their keys.
  var inputs: [Bytes32: Bytes32] { content.withLock { $0.inputs } }

  /// The hash of the source that all inputs are known to be of.
  var source: Bytes32? { content.withLock { $0.source } }

  /// Whether something was adopted of which it is not known which inputs it depends on.
  var hasUnknownInputs: Bool { content.withLock { $0.hasUnknownInputs } }

  /// The indices of claims that were adopted, or computed from an adopted state, and not confirmed.
  var adopted: Set<UInt64> { content.withLock { $0.adopted } }

  func isAdopted(_ index: UInt64) -> Bool { content.withLock { $0.adopted.contains(index) } }

  /// The indices in a range whose claims are known, ascending, and whether each was adopted.
  func known(in range: Range<UInt64>) -> [(index: UInt64, isAdopted: Bool)] {
    content.withLock { content in
      content.claims.keys.filter(range.contains).sorted().map {
        ($0, content.adopted.contains($0))
      }
    }
  }

  /// The indices that are known to have a claim, ascending. O(n).
  func indices(of claim: Bytes32) -> [UInt64] {
    content.withLock { content in
      content.claims.compactMap { $0.value == claim ? $0.key : nil }.sorted()
    }
  }

  /// How often adopted claims were discarded since the log was opened.
  var discardCount: Int { content.withLock { $0.discardCount } }

  // MARK: Adding

  /// Adds a claim, if it is not there.
  ///
  /// - Parameters:
  ///   - isAdopted: whether it was adopted, or computed from an adopted state.
  ///   - isDurable: whether it is to outlive a loss of power from here on.
  /// - Throws: ``TraceError/contradiction(index:known:computed:)`` if it contradicts what is known.
  func add(
    _ index: UInt64, _ claim: Bytes32, isAdopted: Bool, isDurable: Bool = false
  ) throws(TraceError) {
    try add([(index, claim)], isAdopted: isAdopted, isDurable: isDurable)
  }

  /// Adds claims, or none of them if one contradicts what is known.
  func add(
    _ claims: [(index: UInt64, claim: Bytes32)], isAdopted: Bool, isDurable: Bool = false
  ) throws(TraceError) {
    try end.withLock { (end) throws(TraceError) in
      let new = try content.withLock { (content) throws(TraceError) in
        for (index, claim) in claims {
          if let conflict = content.conflict(index, claim) { throw conflict }
        }
        return claims.filter { content.isNew($0.index, isAdopted: isAdopted) }
      }
      let records = new.flatMap {
        Self.records(of: $0.index, $0.claim, name, isAdopted: isAdopted)
      }
      try append(records, at: &end, isDurable)
      content.withLock { content in
        for (index, claim) in new { content.add(index, claim, isAdopted: isAdopted) }
      }
    }
  }

  /// Bytes that the log grows by if a claim is added.
  func size(ofAdding index: UInt64, isAdopted: Bool) -> UInt64 {
    let isNew = content.withLock { $0.isNew(index, isAdopted: isAdopted) }
    let claim = Self.claimSize(isAdopted: isAdopted)
    return isNew ? name.isForeign ? 2 * claim : claim : 0
  }

  /// Discards the adopted claims that are not confirmed.
  func discardAdopted() throws(TraceError) {
    try end.withLock { (end) throws(TraceError) in
      try append(Array(repeating: ClaimRecord(.discard), count: 4), at: &end, true)
      content.withLock { $0.discardAdopted() }
    }
  }

  /// Whether an input is known from adopted files alone.
  func isAdopted(input key: Bytes32) -> Bool { content.withLock { $0.adoptedInputs.contains(key) } }

  /// Adds a local pre-image that was read for the first time, before the claims that depend on it. One that
  /// was adopted is the caller's own from then on.
  ///
  /// - Parameters:
  ///   - source: the source that it and all others are of.
  ///   - isAdopted: whether only an adopted file says so.
  func add(
    input key: Bytes32, _ hash: Bytes32, source: Bytes32?, isAdopted: Bool
  ) throws(TraceError) {
    if self.source != source { try set(source: source) }
    try end.withLock { (end) throws(TraceError) in
      let number = content.withLock { $0.nextInput }
      try append(Self.records(of: key, hash, number, isAdopted: isAdopted), at: &end, true)
      content.withLock { $0.add(input: key, hash, number, isAdopted: isAdopted) }
    }
  }

  /// Says of which source all inputs are known to be.
  func set(source: Bytes32?) throws(TraceError) {
    try end.withLock { (end) throws(TraceError) in
      try append([Self.record(of: source)], at: &end, false)
      content.withLock { $0.source = source }
    }
  }

  /// Says whether something was adopted of which it is not known which inputs it depends on.
  func set(hasUnknownInputs: Bool) throws(TraceError) {
    guard self.hasUnknownInputs != hasUnknownInputs else { return }
    try end.withLock { (end) throws(TraceError) in
      try append(Self.adoption(hasUnknownInputs), at: &end, true)
      content.withLock { $0.hasUnknownInputs = hasUnknownInputs }
    }
  }

  private func append(
    _ records: [ClaimRecord], at end: inout Int64, _ isDurable: Bool
  ) throws(TraceError) {
    guard !records.isEmpty else { return }
    do throws(StreamError) { try directory.checkPlace() } catch { throw .file(error) }
    let bytes = records.flatMap(\.bytes)
    do {
      // Opened each time, so that the file system can be mounted read-only and back meanwhile.
      let file = try directory.openClaims()
      try file.closeAfter {
        _ = try file.writeAll(toAbsoluteOffset: end, bytes)
        if isDurable, fdatasync(file.rawValue) != 0 { throw Errno(rawValue: errno) }
      }
    } catch {
      // What part of a record was written is overwritten by the next, or dropped by a reader.
      throw .file(
        StreamError(error as? Errno ?? .ioError, .write, path: directory.claims.fileName))
    }
    directory.account(from: 0, to: UInt64(bytes.count))
    end += Int64(bytes.count)
  }

  // MARK: Records

  /// Bytes that an input takes in the log, with what may go before it.
  static let inputSize = UInt64(6 * ClaimRecord.size)

  /// Bytes that a claim takes in the log.
  static func claimSize(isAdopted: Bool) -> UInt64 {
    UInt64((isAdopted ? 2 : 1) * ClaimRecord.size)
  }

  private static func records(
    of index: UInt64, _ claim: Bytes32, _ name: TraceName, isAdopted: Bool
  ) -> [ClaimRecord] {
    if name.isForeign { return ClaimRecord.foreign(index, claim) }
    return (isAdopted ? [ClaimRecord(.adopted, index)] : []) + [
      ClaimRecord(index: index, claim: claim)
    ]
  }

  /// An input, twice: see ``ClaimLogReading``.
  private static func records(
    of key: Bytes32, _ hash: Bytes32, _ number: UInt64, isAdopted: Bool
  ) -> [ClaimRecord] {
    let pair = [ClaimRecord(.key, number, key), ClaimRecord(.value, number, hash)]
    return (isAdopted ? [ClaimRecord(.adoptedInput, number)] : []) + pair + pair
  }

  private static func record(of source: Bytes32?) -> ClaimRecord {
    ClaimRecord(.source, 0, source ?? Bytes32())
  }

  private static func adoption(_ hasUnknownInputs: Bool) -> [ClaimRecord] {
    Array(repeating: ClaimRecord(.adoption, hasUnknownInputs ? 1 : 0), count: 4)
  }

  private static func encode(_ content: ClaimLogContent, _ name: TraceName) -> [UInt8] {
    var revision = Bytes32()
    for (place, byte) in name.revision.utf8.prefix(32).enumerated() { revision[place] = byte }
    var records = [
      ClaimRecord(index: magic | UInt64(name.version), claim: name.prestate),
      ClaimRecord(index: revisionMagic, claim: revision),
    ]
    for (number, input) in content.inputs.sorted(by: {
      $0.key.bytes.lexicographicallyPrecedes($1.key.bytes)
    })
    .enumerated() {
      records += self.records(
        of: input.key, input.value, UInt64(number),
        isAdopted: content.adoptedInputs.contains(input.key))
    }
    if let source = content.source { records.append(record(of: source)) }
    if content.hasUnknownInputs { records += adoption(true) }
    for (index, claim) in content.claims.sorted(by: { $0.key < $1.key }) {
      records += self.records(of: index, claim, name, isAdopted: content.adopted.contains(index))
    }
    return records.flatMap(\.bytes)
  }

  // MARK: Reading

  /// Whether a file begins as a log does, of whatever format, corrupt or not.
  static func isLog(_ file: FilePath) -> Bool {
    guard FileStatus.isRegular(file),
      let reader = try? ByteReader(FileSource(path: file.fileName), capacity: ClaimRecord.size),
      let start = try? reader.peek(upTo: 6)
    else { return false }
    return start == Array("FALTRC".utf8)
  }

  /// Which trace a log is of.
  static func readName(_ file: FilePath) throws(TraceError) -> TraceName.Found {
    guard FileStatus.isRegular(file) else { return .nothing }
    do throws(StreamError) {
      let size = headerCount * ClaimRecord.size
      let reader = try ByteReader(FileSource(path: file.fileName), capacity: size)
      let bytes = Array(try reader.peek(upTo: size))
      let first = ClaimRecord(Array(bytes.prefix(ClaimRecord.size)))
      if let index = first?.index, index >> 16 == magic >> 16 {
        try TraceName.check(format: index >> 8 & 0xFF, file)
      }
      let second = ClaimRecord(Array(bytes.dropFirst(ClaimRecord.size)))
      guard let name = Self.name(first, second) else {
        return .corrupt("its first records do not name a trace")
      }
      return .name(name)
    } catch {
      if error.isOfSystem || error.kind == .unsupported { throw .file(error) }
      return .corrupt(error.description)
    }
  }

  private static func read(
    _ file: FilePath, _ name: TraceName
  ) throws(TraceError) -> (ClaimLogContent, size: Int64, faults: [String]) {
    let bytes: [UInt8]
    do throws(StreamError) {
      bytes = try ByteReader(FileSource(path: file.fileName)).readAll(limit: 1 << 32)
    } catch { throw .file(error) }
    let isNamed = bytes.starts(with: encode(ClaimLogContent(), name))
    var reading = ClaimLogReading(reserving: bytes.count / ClaimRecord.size, of: name)
    ClaimRecord.forEach(in: bytes) { (number, record) in
      if number >= headerCount { reading.take(record) }
    }
    var faults = reading.finish()
    if !isNamed { faults.insert("its first records do not name the trace", at: 0) }
    let count = bytes.count / ClaimRecord.size - (reading.endsInHalf ? 1 : 0)
    let size = Int64(count * ClaimRecord.size)
    return (reading.content, size, faults)
  }

  private static func name(_ first: ClaimRecord?, _ second: ClaimRecord?) -> TraceName? {
    guard let first, first.index & ~0xFF == magic, let second, second.index == revisionMagic
    else { return nil }
    let text = second.claim.bytes.prefix { $0 != 0 }
    guard let revision = String(validating: text, as: UTF8.self),
      second.claim.bytes.dropFirst(text.count).allSatisfy({ $0 == 0 })
    else { return nil }
    return TraceName(
      version: UInt8(truncatingIfNeeded: first.index), prestate: first.claim, revision: revision)
  }
}
