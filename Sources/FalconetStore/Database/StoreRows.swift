import FalconetLibc
import FalconetMachine
import FalconetOracle
import Keccak

/// The rows of a store's tables, one pre-image each.
final class StoreRows {
  struct Row {
    let id: Int64
    let used: Int64
    let value: [UInt8]
  }

  /// How many reads share a transaction at most. Its lock costs a third of a read.
  private static let sharedLimit = 64

  private let giver: Giver?
  private let begin: Statement
  private let end: Statement
  private let find: Statement
  private let insert: Statement
  private let touch: Statement
  private let delete: Statement
  private let oldest: Statement
  private let nameGiver: Statement
  /// Reads in the transaction that is open; 0 if none is.
  private var sharing = 0

  /// Who gave pre-images that cannot be checked.
  private struct Giver {
    let name: [UInt8]
    /// What stands for the name in rows. The seal depends on the name itself.
    let number: Int64

    init(_ name: String) {
      self.name = Array(name.utf8)
      // Rows without a giver have 0.
      number = StoreRows.slot(Keccak256.hash(self.name)) | 1
    }
  }

  init(_ database: Database, giver: String?) throws(DatabaseFailure) {
    self.giver = giver.map { Giver($0) }
    begin = try Statement(database, "BEGIN")
    end = try Statement(database, "COMMIT")
    find = try Statement(
      database, "SELECT id, used, key, seal, value FROM preimage WHERE slot=?1 AND giver=?2")
    insert = try Statement(
      database,
      "INSERT INTO preimage(used, slot, giver, key, seal, value) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
    touch = try Statement(database, "UPDATE preimage SET used=?1 WHERE id=?2")
    delete = try Statement(database, "DELETE FROM preimage WHERE id=?1")
    oldest = try Statement(
      database,
      "DELETE FROM preimage WHERE id IN (SELECT id FROM preimage ORDER BY used, id LIMIT ?1) "
        + "RETURNING id")
    nameGiver = try Statement(database, "INSERT OR IGNORE INTO giver(id, name) VALUES(?1, ?2)")
  }

  /// When something is used, as rows record it: hours since 1970, so that a row is written at most once
  /// an hour for being read.
  static var now: Int64 { Int64(time(nil)) / 3600 }

  /// 8 bytes of a hash, of which the first may be a type.
  static func slot(_ hash: Bytes32) -> Int64 {
    Int64(bitPattern: hash.bytes[1..<9].reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// Whether the key itself says what its pre-image is.
  static func isHash(_ key: Bytes32) -> Bool {
    key[0] == PreimageKeyType.keccak256.rawValue || key[0] == PreimageKeyType.sha256.rawValue
  }

  /// What shows that giver, key and value are those that were stored together.
  static func seal(_ giver: [UInt8], _ key: Bytes32, _ value: [UInt8]) -> [UInt8] {
    Keccak256.hash(Keccak256.hash(giver).bytes + key.bytes + value).bytes
  }

  /// Whether a row's value is what its key, or its seal, says.
  static func isRight(
    _ key: Bytes32, _ value: [UInt8], seal: [UInt8]?, giver: [UInt8]?
  ) -> Bool {
    switch PreimageKeyType(rawValue: key[0]) {
    case .keccak256: seal == nil && PreimageKey.keccak256(of: value) == key
    case .sha256: seal == nil && PreimageKey.sha256(of: value) == key
    case .blob, .precompile: giver.map { seal == self.seal($0, key, value) } ?? false
    case .local, .global, nil: false
    }
  }

  /// As ``find(_:)``, in a transaction with the reads before: until something is not there, and for a
  /// bounded number of them. Others see to it that ``endSharing()`` comes before anything is written, and
  /// before the store rests: the log cannot be cut meanwhile.
  func findSharing(_ key: Bytes32) throws(DatabaseFailure) -> (row: Row?, wrong: [Int64]) {
    if sharing == 0 { try begin.run() }
    sharing += 1
    let found: (row: Row?, wrong: [Int64])
    do throws(DatabaseFailure) { found = try find(key) } catch {
      endSharing()
      throw error
    }
    if found.row != nil, found.wrong.isEmpty, sharing < Self.sharedLimit { return found }
    let isFirst = sharing == 1
    endSharing()
    // Another process may have written it since the first read.
    return found.row == nil && !isFirst ? try find(key) : found
  }

  func endSharing() {
    guard sharing > 0 else { return }
    sharing = 0
    try? end.run()
  }

  /// The row with the pre-image of `key`, and rows that have the key and another value.
  func find(_ key: Bytes32) throws(DatabaseFailure) -> (row: Row?, wrong: [Int64]) {
    let isHash = Self.isHash(key)
    guard isHash || giver != nil else { return (nil, []) }
    find.bind(1, Self.slot(key))
    find.bind(2, isHash ? 0 : giver?.number ?? 0)
    defer { find.reset() }
    var wrong: [Int64] = []
    while try find.step() {
      // Another key may have the same slot.
      guard key.withBytes({ find.has(2, $0) }) else { continue }
      if let value = find.bytes(4),
        Self.isRight(key, value, seal: find.bytes(3), giver: giver?.name)
      {
        return (Row(id: find.integer(0), used: find.integer(1), value: value), wrong)
      }
      wrong.append(find.integer(0))
    }
    return (nil, wrong)
  }

  /// Adds what is not there, and stamps what was used.
  ///
  /// - Returns: keys of which there was another value. Both are gone.
  func write(
    _ added: [Bytes32: [UInt8]], used: Set<Int64>
  ) throws(DatabaseFailure) -> [Bytes32] {
    var changed: [Bytes32] = []
    let now = Self.now
    if let giver, added.keys.contains(where: { !Self.isHash($0) }) {
      nameGiver.bind(1, giver.number)
      try nameGiver.bind(2, giver.name)
      try nameGiver.run()
    }
    for (key, value) in added {
      let (row, wrong) = try find(key)
      for id in wrong { try remove(id) }
      if let row {
        if row.value != value {
          changed.append(key)
          try remove(row.id)
        }
        continue
      }
      try insert(key, value, now)
    }
    for id in used {
      touch.bind(1, now)
      touch.bind(2, id)
      try touch.run()
    }
    return changed
  }

  private func insert(_ key: Bytes32, _ value: [UInt8], _ now: Int64) throws(DatabaseFailure) {
    insert.bind(1, now)
    insert.bind(2, Self.slot(key))
    try insert.bind(4, key.bytes)
    if Self.isHash(key) {
      insert.bind(3, 0)
      insert.bindNull(5)
    } else {
      guard let giver else { return }
      insert.bind(3, giver.number)
      try insert.bind(5, Self.seal(giver.name, key, value))
    }
    try insert.bind(6, value)
    try insert.run()
  }

  func remove(_ id: Int64) throws(DatabaseFailure) {
    delete.bind(1, id)
    try delete.run()
  }

  /// Removes the rows that were not used for longest, at most `count`.
  ///
  /// - Returns: how many there were.
  func evict(_ count: Int64) throws(DatabaseFailure) -> Int {
    oldest.bind(1, count)
    defer { oldest.reset() }
    var gone = 0
    while try oldest.step() { gone += 1 }
    return gone
  }
}
