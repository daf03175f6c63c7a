import CSQLite
import FalconetLibc
import FalconetSystem
import SystemPackage

/// A connection to a database file, for use by one thread at a time.
///
/// Safety: the connection is closed once, after the statements that were made of it, each of which holds
/// this object. SQLite copies what it needs of the strings and bytes that a call gets, or reads them
/// before the call returns.
final class Database {
  fileprivate let handle: OpaquePointer

  /// Opens the file at `path`, and makes it if it is missing.
  init(_ path: FilePath, longest: Int32) throws(DatabaseFailure) {
    var opened: OpaquePointer?
    // One thread at a time uses a connection, so that calls need no lock.
    let flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX
    let code = path.withPlatformString { sqlite3_open_v2($0, &opened, flags, nil) }
    guard code == SQLITE_OK, let opened else {
      let failure = DatabaseFailure(code, opened)
      sqlite3_close_v2(opened)
      throw failure
    }
    handle = opened
    sqlite_distrust(opened, longest)
  }

  deinit { sqlite3_close_v2(handle) }

  /// Whether the file, or its file system, does not let it be written.
  var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") == 1 }

  /// How long a statement waits for another process that writes.
  func wait(milliseconds: Int32) { sqlite3_busy_timeout(handle, milliseconds) }

  /// Executes statements that give no rows that matter.
  func execute(_ sql: String) throws(DatabaseFailure) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code) }
  }

  /// Executes a statement, and returns the number in its first row.
  func number(_ sql: String) throws(DatabaseFailure) -> Int64 {
    let statement = try Statement(self, sql)
    guard try statement.step() else { return 0 }
    return statement.integer(0)
  }

  /// Executes `body` in a transaction that writes: all of it happens, or if it throws nothing.
  func writing<Result>(
    _ body: () throws(DatabaseFailure) -> Result
  ) throws(DatabaseFailure) -> Result {
    try execute("BEGIN IMMEDIATE")
    do throws(DatabaseFailure) {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      // Some errors have ended the transaction already.
      if sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
      throw error
    }
  }

  fileprivate func failure(_ code: Int32) -> DatabaseFailure { DatabaseFailure(code, handle) }
}

/// A statement, which may be executed many times.
///
/// Safety: as ``Database``. Bytes of a row are copied before the next step.
final class Statement {
  private let database: Database
  private let handle: OpaquePointer

  init(_ database: Database, _ sql: String) throws(DatabaseFailure) {
    var prepared: OpaquePointer?
    let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
    let code = sqlite3_prepare_v3(database.handle, sql, -1, flags, &prepared, nil)
    guard code == SQLITE_OK, let prepared else { throw database.failure(code) }
    self.database = database
    handle = prepared
  }

  deinit { sqlite3_finalize(handle) }

  /// Ends an execution, so that the statement holds no lock.
  func reset() { sqlite3_reset(handle) }

  func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(handle, index, value) }

  /// Binds bytes, which are copied.
  func bind(_ index: Int32, _ bytes: [UInt8]) throws(DatabaseFailure) {
    // No pointer would mean NULL.
    let code =
      bytes.isEmpty
      ? sqlite3_bind_zeroblob(handle, index, 0)
      : bytes.withUnsafeBytes {
        sqlite3_bind_blob64(
          handle, index, $0.baseAddress, UInt64($0.count),
          unsafeBitCast(-1, to: sqlite3_destructor_type.self))
      }
    guard code == SQLITE_OK else { throw database.failure(code) }
  }

  func bindNull(_ index: Int32) { sqlite3_bind_null(handle, index) }

  /// Goes to the next row.
  ///
  /// - Returns: whether there is one.
  func step() throws(DatabaseFailure) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let failure = database.failure(code)
      reset()
      throw failure
    }
  }

  /// Executes a statement without rows, and resets it.
  func run() throws(DatabaseFailure) {
    _ = try step()
    reset()
  }

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  /// The text of a column; nil if it has none.
  func text(_ column: Int32) -> String? {
    sqlite3_column_text(handle, column).map { String(cString: $0) }
  }

  /// Whether a column has these bytes, without a copy of it.
  func has(_ column: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard sqlite3_column_type(handle, column) == SQLITE_BLOB,
      let start = sqlite3_column_blob(handle, column)
    else { return false }
    let count = Int(sqlite3_column_bytes(handle, column))
    return count == bytes.count
      && UnsafeRawBufferPointer(start: start, count: count).elementsEqual(bytes)
  }

  /// The bytes of a column; nil if it has a value of another kind.
  func bytes(_ column: Int32) -> [UInt8]? {
    guard sqlite3_column_type(handle, column) == SQLITE_BLOB else { return nil }
    // In this order, as SQLite wants it.
    let start = sqlite3_column_blob(handle, column)
    let count = Int(sqlite3_column_bytes(handle, column))
    guard count > 0 else { return [] }
    // Memory ran out.
    guard let start else { return nil }
    return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }
}

/// Why something could not be done with a database.
///
/// Safety: SQLite's texts of errors are zero-terminated, and are copied before its next call.
struct DatabaseFailure: Error, CustomStringConvertible {
  /// SQLite's extended code.
  let code: Int32
  let description: String
  /// The disk, or what the user may have of it, is full.
  let isNoRoom: Bool

  init(_ code: Int32, _ database: OpaquePointer?) {
    self.code = code
    let text = database.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(code)
    let system = database.map { sqlite3_system_errno($0) } ?? 0
    var description = text.map { String(cString: $0) } ?? "error \(code)"
    if code & 0xFF == SQLITE_IOERR || code & 0xFF == SQLITE_CANTOPEN, system != 0 {
      description += ": \(Errno(rawValue: system))"
    }
    self.description = description
    isNoRoom =
      code & 0xFF == SQLITE_FULL
      || code & 0xFF == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT)
  }

  /// The kind of failure, without its details.
  private var kind: Int32 { code & 0xFF }

  /// The file is no database, or one with structures that contradict one another.
  var isCorruption: Bool { kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB }

  /// Another process writes for longer than was waited.
  var isBusy: Bool { kind == SQLITE_BUSY || kind == SQLITE_LOCKED }
}
