import FalconetLibc
import FalconetMachine
import FalconetOracle
import Keccak

/// Pre-images that runs, traces and processes share, in a database in a directory.
///
/// What has a key of type 2 or 4 is compared with its key when it comes in and when it goes out. Blobs
/// and results of precompiles (types 5 and 6) cannot be: they are stored under the name of the host that
/// gave them, with a seal that shows bytes that changed since, and go only to runs with a host of that
/// name that trust them. Local inputs (type 1), and the types that no host serves, are not stored.
///
/// A store never fails a run: what cannot be read is missing, and what cannot be written is left out.
/// ``StoreOptions/report`` is told why.
///
/// Any number of processes may use a directory at once. Additions are collected and written together.
/// What ``flush()`` has written outlasts `kill -9`. A power failure may take the last of it, never a part
/// of a pre-image.
///
/// For use by one thread at a time.
package final class PreimageStore: PreimageCache {
  let options: StoreOptions
  let database: Database
  private let rows: StoreRows
  /// What is not written yet, by key.
  private var added: [Bytes32: [UInt8]] = [:]
  private var addedBytes = 0
  /// Rows that were read, and whose stamp is older than ``StoreRows/now``.
  private var used: Set<Int64> = []
  /// When the next write is due.
  private var dueSince: ContinuousClock.Instant?
  /// No write is tried before; another process writes, or the disk is full.
  private var pausedUntil: ContinuousClock.Instant?
  /// Whether additions were left out, since they could not be written.
  private var hasLost = false
  /// Whether the database is not used any more.
  private var isBroken = false
  /// The sentences that were reported, each once.
  private var reported: Set<String> = []

  /// Opens the store in a directory.
  package init(_ options: StoreOptions, makes: Bool = true) throws(StoreError) {
    self.options = options
    let database = try StoreLayout.open(options.path, makes: makes)
    self.database = database
    rows = try StoreLayout.using(options.path) { (_) throws(DatabaseFailure) in
      try StoreRows(database, giver: options.giver)
    }
  }

  deinit { flush() }

  // MARK: Reading

  /// The pre-image of `key`; nil if it is not there, or may not be served.
  package func preimage(for key: Bytes32) -> [UInt8]? {
    guard isServed(key) else { return nil }
    writeIfDue()
    if let value = added[key] { return value }
    guard !isBroken else { return nil }
    do throws(DatabaseFailure) {
      let found = try rows.findSharing(key)
      for id in found.wrong { remove(id, key) }
      guard let row = found.row else { return nil }
      guard isPlausible(key, row.value) else {
        remove(row.id, key)
        return nil
      }
      if row.used < StoreRows.now {
        used.insert(row.id)
        if used.count >= 4096 { write(wait: false) }
      }
      return row.value
    } catch {
      fail(error, while: "read")
      return nil
    }
  }

  /// Whether the pre-images of a key's type go to this run.
  private func isServed(_ key: Bytes32) -> Bool {
    switch PreimageKeyType(rawValue: key[0]) {
    case .keccak256, .sha256: true
    case .blob: options.trusted.contains(.blob) && options.giver != nil
    case .precompile: options.trusted.contains(.precompile) && options.giver != nil
    case .local, .global, nil: false
    }
  }

  /// Whether the result of a precompile is not known to be wrong.
  private func isPlausible(_ key: Bytes32, _ value: [UInt8]) -> Bool {
    guard key[0] == PreimageKeyType.precompile.rawValue else { return true }
    var inputKey = key
    inputKey[0] = PreimageKeyType.keccak256.rawValue
    guard let input = added[inputKey] ?? (try? rows.find(inputKey))?.row?.value else { return true }
    return Precompile.canGive(value, for: input)
  }

  package func commitments() -> [[UInt8]] {
    var found = added.filter {
      $0.key[0] == PreimageKeyType.sha256.rawValue && $0.value.count == 48
    }
    .map(\.value)
    guard !isBroken else { return found }
    do throws(DatabaseFailure) {
      let statement = try Statement(
        database, "SELECT key, value FROM preimage WHERE giver=0 AND length(value)=48")
      while try statement.step() {
        guard let key = statement.bytes(0), let value = statement.bytes(1) else { continue }
        if PreimageKey.sha256(of: value).bytes == key { found.append(value) }
      }
    } catch { fail(error, while: "read") }
    return found
  }

  // MARK: Writing

  /// Adds a pre-image that a source gave. One that is not its key's is not added.
  package func add(_ key: Bytes32, _ preimage: [UInt8]) { _ = take(key, preimage) }

  /// What became of a pre-image that was to be added.
  package enum Admission: Sendable, Equatable {
    case added
    /// It is there, or will be.
    case known
    /// It is not its key's.
    case wrong
    /// Its type is not stored, it is too large, or nobody answers for it.
    case notStored
  }

  /// Adds a pre-image.
  ///
  /// - Parameter whetherStored: whether it is looked up first, so that the answer tells of what the
  ///   database has. Otherwise that is looked up when it is written.
  package func take(
    _ key: Bytes32, _ preimage: [UInt8], whetherStored: Bool = false
  ) -> Admission {
    guard !isBroken, preimage.count <= StoreLayout.longest else { return .notStored }
    switch PreimageKeyType(rawValue: key[0]) {
    case .keccak256:
      guard PreimageKey.keccak256(of: preimage) == key else { return .wrong }
    case .sha256:
      guard PreimageKey.sha256(of: preimage) == key else { return .wrong }
    case .blob, .precompile:
      guard options.giver != nil else { return .notStored }
      guard isPlausible(key, preimage) else {
        report(
          "the result of a precompile that a host gave is wrong (key \(key)): it is not stored")
        return .wrong
      }
    case .local, .global, nil: return .notStored
    }
    if whetherStored, added[key] == nil, (try? rows.find(key))?.row?.value == preimage {
      return .known
    }
    guard added.updateValue(preimage, forKey: key) == nil else { return .known }
    addedBytes += preimage.count + 64
    if dueSince == nil { dueSince = .now }
    if added.count >= 512 || addedBytes >= 4 << 20 { write(wait: false) }
    return .added
  }

  /// Writes what was added. Waits some seconds for other processes that write.
  package func flush() {
    pausedUntil = nil
    write(wait: true)
  }

  /// Whether the database has all that was added.
  package var isWritten: Bool { added.isEmpty && !hasLost && !isBroken }

  private func writeIfDue() {
    if let since = dueSince, ContinuousClock.now - since >= .seconds(1) { write(wait: false) }
  }

  private func write(wait: Bool) {
    rows.endSharing()
    guard !isBroken, !added.isEmpty || !used.isEmpty else { return }
    if let until = pausedUntil, ContinuousClock.now < until { return dropIfMany() }
    pausedUntil = nil
    database.wait(milliseconds: wait ? 10_000 : 50)
    do throws(DatabaseFailure) {
      let changed = try database.writing { () throws(DatabaseFailure) in
        try rows.write(added, used: used)
      }
      clear()
      for key in changed {
        report("a host gave another pre-image than before (key \(key)): neither is stored")
      }
      try keepWithinLimit()
    } catch {
      // The next write takes more at once.
      pausedUntil = .now + (error.isBusy ? .seconds(1) : .seconds(30))
      if !error.isBusy { fail(error, while: "write") }
      dropIfMany()
    }
  }

  /// What waits for a disk without room must not take all memory.
  private func dropIfMany() {
    guard addedBytes > 64 << 20 else { return }
    hasLost = true
    clear()
  }

  private func clear() {
    added = [:]
    addedBytes = 0
    used = []
    dueSince = nil
  }

  // MARK: Room

  /// Bytes of the file that are in use.
  private func bytesInUse() throws(DatabaseFailure) -> UInt64 {
    let pages = try database.number("PRAGMA page_count") - database.number("PRAGMA freelist_count")
    return UInt64(max(pages, 0)) * UInt64(try database.number("PRAGMA page_size"))
  }

  /// Evicts what was not used for longest if the file has more bytes than the limit.
  private func keepWithinLimit() throws(DatabaseFailure) {
    if try bytesInUse() > options.limit { try evict(to: options.limit / 10 * 9) }
  }

  private func evict(to bytes: UInt64) throws(DatabaseFailure) {
    while try bytesInUse() > bytes {
      let count = try database.writing { () throws(DatabaseFailure) in try rows.evict(256) }
      if count == 0 { return }
    }
  }

  /// Evicts what was not used for longest until the file has at most so many bytes, and returns the
  /// room to the file system.
  package func prune(to bytes: UInt64) throws(StoreError) {
    flush()
    try using { () throws(DatabaseFailure) in
      database.wait(milliseconds: 10_000)
      try evict(to: bytes)
      try database.execute("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
    }
  }

  // MARK: Failures

  func using<Result>(
    _ body: () throws(DatabaseFailure) -> Result
  ) throws(StoreError) -> Result {
    try StoreLayout.using(options.path) { (_) throws(DatabaseFailure) in try body() }
  }

  /// Removes a row whose value is not what its key says.
  private func remove(_ id: Int64, _ key: Bytes32) {
    report(
      "a pre-image in the store is corrupt (key \(key)): it is removed, and the source is asked")
    rows.endSharing()
    database.wait(milliseconds: 50)
    try? rows.remove(id)
  }

  private func fail(_ error: DatabaseFailure, while action: String) {
    if error.isCorruption { isBroken = true }
    report(
      error.isCorruption
        ? "the store is corrupt and not used any more: \(error): remove it"
        : "the store cannot be \(action == "read" ? "read" : "written"): \(error)")
  }

  private func report(_ text: String) {
    guard reported.count < 100, reported.insert(text).inserted else { return }
    options.report("\(options.path): \(text)")
  }
}
