import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// What a store has.
package struct StoreStatus: Sendable, Equatable {
  /// Pre-images of one type, from one host if they cannot be checked.
  package struct Part: Sendable, Equatable {
    package let type: UInt8
    /// The host that gave them; nil for those that have the hash which is their key.
    package let giver: String?
    package let count: Int
    /// Bytes of the pre-images.
    package let bytes: UInt64
  }

  package let format: Int64
  package let parts: [Part]
  /// Bytes of the database's files.
  package let fileBytes: UInt64
  /// When something was last used, and when the pre-image was that was not used for longest: seconds
  /// since 1970, as whole hours; nil if there is none.
  package let newestUse: Int64?
  package let oldestUse: Int64?

  package var count: Int { parts.reduce(0) { $0 + $1.count } }
  package var bytes: UInt64 { parts.reduce(0) { $0 + $1.bytes } }
}

extension PreimageStore {
  /// What the store has.
  package func status() throws(StoreError) -> StoreStatus {
    flush()
    return try using { () throws(DatabaseFailure) in
      let names = try giverNames()
      let groups = try Statement(
        database,
        "SELECT giver, substr(key, 1, 1), count(*), sum(length(value)), min(used), max(used) "
          + "FROM preimage GROUP BY 1, 2 ORDER BY 2, 1")
      var parts: [StoreStatus.Part] = []
      var oldest: Int64?
      var newest: Int64?
      while try groups.step() {
        let giver = groups.integer(0)
        parts.append(
          StoreStatus.Part(
            type: groups.bytes(1)?.first ?? 0,
            giver: giver == 0
              ? nil : names[giver].map { String(decoding: $0, as: UTF8.self) } ?? "unknown",
            count: Int(groups.integer(2)), bytes: UInt64(max(groups.integer(3), 0))))
        oldest = min(oldest ?? .max, groups.integer(4))
        newest = max(newest ?? .min, groups.integer(5))
      }
      return StoreStatus(
        format: StoreLayout.format, parts: parts, fileBytes: fileBytes,
        newestUse: newest.map { $0 * 3600 }, oldestUse: oldest.map { $0 * 3600 })
    }
  }

  private var fileBytes: UInt64 {
    let directory = FilePath(fileName: options.path)
    return ["", "-wal"].reduce(0) {
      $0 + (FileStatus(directory.appending(StoreLayout.fileName + $1))?.size ?? 0)
    }
  }

  func giverNames() throws(DatabaseFailure) -> [Int64: [UInt8]] {
    let statement = try Statement(database, "SELECT id, name FROM giver")
    var names: [Int64: [UInt8]] = [:]
    while try statement.step() { names[statement.integer(0)] = statement.bytes(1) }
    return names
  }
}

/// What a check of a store found.
package struct StoreCheck: Sendable, Equatable {
  /// Pre-images that are right.
  package var right = 0
  /// Keys, in hexadecimal, of pre-images that were wrong, and are removed.
  package var removed: [String] = []
}

extension PreimageStore {
  /// Checks the structure of the database, and each pre-image. Removes those that are wrong.
  ///
  /// - Throws: ``StoreError/corrupt(path:reason:)`` if the structure is wrong.
  package func check() throws(StoreError) -> StoreCheck {
    flush()
    let path = options.path
    return try StoreLayout.using(path) { (problem: inout StoreError?) throws(DatabaseFailure) in
      database.wait(milliseconds: 10_000)
      let structure = try Statement(database, "PRAGMA integrity_check(1)")
      if try structure.step(), let text = structure.text(0), text != "ok" {
        problem = .corrupt(path: path, reason: text)
        return StoreCheck()
      }
      structure.reset()
      var result = StoreCheck()
      var wrong: [Int64] = []
      try forEachRow { (row) throws(DatabaseFailure) in
        if row.isRight {
          result.right += 1
        } else {
          wrong.append(row.id)
          result.removed.append(row.key.map { Hex.encode($0, prefix: true) } ?? "unknown")
        }
      }
      let delete = try Statement(database, "DELETE FROM preimage WHERE id=?1")
      try database.writing { () throws(DatabaseFailure) in
        for id in wrong {
          delete.bind(1, id)
          try delete.run()
        }
      }
      return result
    }
  }

  /// A row as the file has it.
  struct StoredRow {
    let id: Int64
    let key: [UInt8]?
    let value: [UInt8]?
    let giver: [UInt8]?
    /// Whether the value is the key's.
    let isRight: Bool
  }

  /// Reads all rows, in the order in which they came.
  func forEachRow<Failure: Error>(
    _ body: (StoredRow) throws(Failure) -> Void, failed: (DatabaseFailure) -> Failure
  ) throws(Failure) {
    let names: [Int64: [UInt8]]
    let rows: Statement
    do throws(DatabaseFailure) {
      names = try giverNames()
      rows = try Statement(
        database, "SELECT id, giver, key, seal, value, slot FROM preimage ORDER BY id")
    } catch { throw failed(error) }
    while true {
      do throws(DatabaseFailure) { guard try rows.step() else { return } } catch {
        throw failed(error)
      }
      let key = rows.bytes(2)
      let value = rows.bytes(4)
      let giver = rows.integer(1)
      var isRight = false
      if let key, key.count == 32, let value {
        let key = Bytes32(readingFrom: key)
        isRight =
          StoreRows.isRight(key, value, seal: rows.bytes(3), giver: names[giver])
          && rows.integer(5) == StoreRows.slot(key)
          && (giver == 0) == StoreRows.isHash(key)
      }
      try body(
        StoredRow(
          id: rows.integer(0), key: key, value: value, giver: names[giver], isRight: isRight))
    }
  }

  private func forEachRow(
    _ body: (StoredRow) throws(DatabaseFailure) -> Void
  ) throws(DatabaseFailure) {
    try forEachRow(body) { $0 }
  }
}
