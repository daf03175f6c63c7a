import FalconetLibc
import FalconetSystem
import SystemPackage

/// The database of a store: its file, tables and settings.
///
/// Rows are added at the end of the table, in the order in which pre-images came, so that those of one
/// run lie beside one another, are read in order, and leave whole pages when they are evicted. An index
/// finds them by `slot`, 8 bytes of the key's hash; the key itself is compared.
enum StoreLayout {
  /// The number of this layout.
  static let format: Int64 = 1
  /// "FPIS" in the header of the database file.
  private static let application: Int64 = 0x4650_4953
  static let fileName = "preimages.db"
  /// The most bytes of a pre-image that is stored.
  static let longest = 64 << 20

  private static let tables = [
    "CREATE TABLE preimage(id INTEGER PRIMARY KEY, used INTEGER NOT NULL, slot INTEGER NOT NULL, "
      + "giver INTEGER NOT NULL, key BLOB NOT NULL, seal BLOB, value BLOB NOT NULL)",
    "CREATE TABLE giver(id INTEGER PRIMARY KEY, name BLOB NOT NULL)",
    "CREATE INDEX preimage_slot ON preimage(slot)",
    "CREATE INDEX preimage_used ON preimage(used)",
  ]

  /// Opens the database in a directory.
  ///
  /// - Parameter makes: whether the directory and the database are made if they are missing.
  static func open(_ path: String, makes: Bool) throws(StoreError) -> Database {
    guard !path.isEmpty else { throw .notAStore(path: "\"\"", reason: "the name is empty") }
    let directory = FilePath(fileName: path)
    try prepare(directory, path, makes: makes)
    return try using(path) { (problem: inout StoreError?) throws(DatabaseFailure) in
      let database = try Database(directory.appending(fileName), longest: Int32(longest + 1024))
      guard !database.isReadOnly else {
        problem = .unusable(
          path: path, reason: "\(fileName) cannot be written: a store records what is used")
        return database
      }
      database.wait(milliseconds: 10_000)
      problem = try check(database, path)
      guard problem == nil else { return database }
      // Rows may be read while another process writes, and a process that is killed leaves nothing to
      // repair. A commit is not waited for: after a power failure, the last ones may be missing. The
      // file is not mapped into memory, where one that shrinks would end the process.
      try database.execute(
        "PRAGMA mmap_size=0; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16384")
      try database.execute("PRAGMA cell_size_check=ON; PRAGMA journal_size_limit=16777216")
      return database
    }
  }

  /// Does something with a database, whose failures become errors of the store.
  static func using<Result>(
    _ path: String, _ body: (inout StoreError?) throws(DatabaseFailure) -> Result
  ) throws(StoreError) -> Result {
    var problem: StoreError?
    let result: Result
    do throws(DatabaseFailure) { result = try body(&problem) } catch {
      let reason = error.description
      if error.isCorruption { throw .corrupt(path: path, reason: reason) }
      if error.isNoRoom { throw .noRoom(path: path, reason: reason) }
      throw .unusable(path: path, reason: reason)
    }
    if let problem { throw problem }
    return result
  }

  /// Refuses what would be waited for, such as a pipe in place of a file.
  private static func prepare(
    _ directory: FilePath, _ path: String, makes: Bool
  ) throws(StoreError) {
    if makes {
      do throws(Errno) {
        try retrying { directory.withPlatformString { mkdir($0, 0o777) } }
      } catch .fileExists {} catch { throw .unusable(path: path, reason: "\(error)") }
    }
    guard let status = FileStatus(directory, followsLinks: true) else {
      throw .unusable(path: path, reason: "it does not exist")
    }
    guard status.kind == .directory else {
      throw .notAStore(path: path, reason: "it is not a directory")
    }
    for suffix in ["", "-wal", "-shm", "-journal"] {
      let name = fileName + suffix
      guard let file = FileStatus(directory.appending(name)) else {
        if suffix.isEmpty, !makes { throw .notAStore(path: path, reason: "it has no \(name)") }
        continue
      }
      guard file.kind == .regular else {
        throw .notAStore(path: path, reason: "\(name) is not a regular file")
      }
    }
  }

  /// Makes the tables in a new file; compares them with these in any other.
  ///
  /// - Returns: why the file is not used.
  private static func check(
    _ database: Database, _ path: String
  ) throws(DatabaseFailure) -> StoreError? {
    if try isNew(database) {
      // Both can be chosen for an empty file alone. Another process may do the same.
      try database.execute("PRAGMA auto_vacuum=INCREMENTAL")
      try repeating { () throws(DatabaseFailure) in
        try database.execute("PRAGMA journal_mode=WAL")
        try database.writing { () throws(DatabaseFailure) in
          guard try isNew(database) else { return }
          for table in tables { try database.execute(table) }
          try database.execute("PRAGMA application_id=\(application)")
          try database.execute("PRAGMA user_version=\(format)")
        }
      }
    }
    guard try database.number("PRAGMA application_id") == application else {
      return .notAStore(path: path, reason: "\(fileName) is a database of another program")
    }
    let found = try database.number("PRAGMA user_version")
    guard found == format else { return .otherFormat(path: path, format: found) }
    let schema = try Statement(
      database, "SELECT CAST(sql AS BLOB) FROM sqlite_schema ORDER BY rowid")
    var rest = tables[...]
    while try schema.step() {
      guard let table = rest.popFirst(), schema.bytes(0) == Array(table.utf8) else {
        return .notAStore(path: path, reason: "\(fileName) has other tables than a store")
      }
    }
    return rest.isEmpty
      ? nil : .notAStore(path: path, reason: "\(fileName) lacks tables of a store")
  }

  private static func isNew(_ database: Database) throws(DatabaseFailure) -> Bool {
    guard try database.number("PRAGMA application_id") == 0 else { return false }
    return try database.number("SELECT count(*) FROM sqlite_schema") == 0
  }

  /// A change of the journal is refused, without a wait, while another process uses the file.
  private static func repeating(
    _ body: () throws(DatabaseFailure) -> Void
  ) throws(DatabaseFailure) {
    for _ in 0..<1000 {
      do throws(DatabaseFailure) { return try body() } catch {
        guard error.isBusy else { throw error }
        usleep(10_000)
      }
    }
    try body()
  }
}
