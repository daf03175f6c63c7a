import FalconetLibc
import FalconetThreads
import Synchronization
import SystemPackage

/// Many small files that each appear whole or not at all, as ``AtomicFile``s do, with the waits for
/// the disk shared.
///
/// One file after the other would wait for the disk twice each, some milliseconds. Here files are
/// collected, made durable together while the caller goes on, and then renamed in the order in
/// which they were written. A file has its name at the latest when ``commit()`` returns, which also
/// waits until the names are durable.
///
/// ```swift
/// let files = AtomicFileGroup()
/// for number in 0..<10_000 {
///   try files.write(path: "proof-\(number).json") { (sink) throws(StreamError) in
///     try sink.write(Array("{}\n".utf8))
///   }
/// }
/// try files.commit()
/// ```
///
/// Up to 512 files are open at a time, fewer if the system allows no more. For use by one thread at a time.
package final class AtomicFileGroup {
  /// Files made durable together.
  static let limit = 256
  /// Bytes of files that wait to be written.
  private static let byteLimit = 16 << 20

  private var collected: [GroupedFile] = []
  private var waitingBytes = 0
  private let committer = GroupCommitter()
  private let cancellation: Cancellation

  /// - Parameter cancellation: ends a wait for the reader of a pipe.
  package init(_ cancellation: Cancellation = .never) { self.cancellation = cancellation }

  /// Writes a whole file. A path that names a pipe or device is written at once.
  ///
  /// - Parameters:
  ///   - path: The name of the file. Of several files with one name the last one stays.
  ///   - permissions: The permissions of the file, of which the process's umask takes some away.
  ///   - compression: How the file is compressed; nil goes by the name (`.gz`).
  ///   - body: Writes the content. It need not call `finish()`.
  /// - Throws: What `body` throws, and errors of this file or of an earlier one, which the error
  ///   names. The files before it are put in place all the same.
  package func write(
    path: String, permissions: UInt32 = 0o777, compression: Compression? = nil,
    body: (any ByteSink) throws(StreamError) -> Void
  ) throws(StreamError) {
    let file = try open(path, permissions)
    let sink = try (compression ?? Compression(fileName: path)).sink(over: file)
    do throws(StreamError) {
      try body(sink)
      try sink.finish()
    } catch {
      file.discard()
      throw error
    }
    guard file.isPending else { return try file.commit() }
    collected.append(.written(file))
    if collected.count == Self.limit { try submit() }
  }

  /// Has a whole file written by another thread, not compressed. The caller goes on meanwhile.
  ///
  /// - Parameters:
  ///   - size: how many bytes `body` writes or holds: what waits is bounded by it.
  ///   - body: writes the content, at the latest when ``commit()`` returns.
  /// - Throws: errors of an earlier file, which the error names. Those of this one come from a later call.
  package func writeLater(
    path: String, permissions: UInt32 = 0o777, size: Int,
    body: @escaping @Sendable (any ByteSink) throws(StreamError) -> Void
  ) throws(StreamError) {
    collected.append(.unwritten(UnwrittenFile(path, permissions, cancellation, body)))
    waitingBytes += size
    if collected.count == Self.limit || waitingBytes >= Self.byteLimit { try submit() }
  }

  /// Begins to make the files durable that were written so far, and to name them. Waits for those
  /// that it began with before.
  ///
  /// - Throws: why an earlier file could not be put in place.
  package func begin() throws(StreamError) {
    if !collected.isEmpty { try submit() }
  }

  /// Waits until all files are durable and have their names.
  ///
  /// - Throws: Why one is not, once; the others are.
  package func commit() throws(StreamError) {
    var failure: StreamError?
    if !collected.isEmpty {
      // Why an earlier file failed. The others are waited for all the same.
      do throws(StreamError) { try submit() } catch { failure = error }
    }
    do throws(StreamError) { try committer.finish() } catch { throw failure ?? error }
    if let failure { throw failure }
  }

  private func open(_ path: String, _ permissions: UInt32) throws(StreamError) -> AtomicFile {
    do throws(StreamError) {
      return try AtomicFile(path: path, permissions: permissions, cancellation)
    } catch {
      guard error.kind == .system(errno: EMFILE), !collected.isEmpty else { throw error }
      // The files that wait are among those that are open.
      try commit()
      return try AtomicFile(path: path, permissions: permissions, cancellation)
    }
  }

  private func submit() throws(StreamError) {
    let files = collected
    collected = []
    waitingBytes = 0
    try committer.submit(files)
  }
}

/// A file of a group that is not put in place yet.
private enum GroupedFile {
  case written(AtomicFile)
  case unwritten(UnwrittenFile)
}

/// A file that is still to be written.
private struct UnwrittenFile {
  let path: String
  let permissions: UInt32
  let cancellation: Cancellation
  let body: @Sendable (any ByteSink) throws(StreamError) -> Void

  init(
    _ path: String, _ permissions: UInt32, _ cancellation: Cancellation,
    _ body: @escaping @Sendable (any ByteSink) throws(StreamError) -> Void
  ) {
    self.path = path
    self.permissions = permissions
    self.cancellation = cancellation
    self.body = body
  }

  /// Writes the file, and waits until its content is on the disk.
  func write() throws(StreamError) -> AtomicFile {
    let file = try AtomicFile(path: path, permissions: permissions, cancellation)
    do throws(StreamError) { try body(file) } catch {
      file.discard()
      throw error
    }
    try file.makeDurable()
    return file
  }
}

/// Commits groups of files on threads of its own, one group at a time; in the calling thread if the
/// system gives none.
///
/// Safety: `AtomicFile`s are not safe to use from two threads at once. A group is handed over
/// whole, and each file is used by one thread at a time: by the one that makes it durable, and after
/// all those are done by the one that commits the group. `changed` is touched by that one, and by the
/// owner after it has waited for it.
private final class GroupCommitter: @unchecked Sendable {
  /// Files waited for at the same time: the disk serves many waits at once.
  private static let lanes = 32

  private let work = BackgroundWork()
  private let failure = Mutex<StreamError?>(nil)
  /// A file of each folder that has new names. See above for who uses it.
  private var changed: [FilePath: AtomicFile] = [:]

  /// What is handed from one thread to another.
  private struct Group: @unchecked Sendable {
    let files: [GroupedFile]
  }

  /// The same of files that are durable; nil for one that could not be made so.
  private struct Durable: @unchecked Sendable {
    var files: [AtomicFile?]
    /// Files for which there was no descriptor.
    var left: [UnwrittenFile] = []
  }

  /// Waits for the group before, then begins to commit this one.
  /// - Throws: why a file of an earlier group could not be committed; this group then waits no
  /// less.
  func submit(_ files: [GroupedFile]) throws(StreamError) {
    let group = Group(files: files)
    work.start { [self] in commit(group) }
    try throwFailure()
  }

  /// Waits until all groups are committed, and their names durable.
  func finish() throws(StreamError) {
    work.wait()
    // Once for all groups: each wait is for the disk alone, and the order holds without it.
    for file in changed.values { attempt(file.synchronizeFolder) }
    changed = [:]
    try throwFailure()
  }

  private func throwFailure() throws(StreamError) {
    let error = failure.withLock { failure in
      defer { failure = nil }
      return failure
    }
    if let error { throw error }
  }

  private func commit(_ group: Group) {
    let durable = Mutex(Durable(files: Array(repeating: nil, count: group.files.count)))
    ParallelLoop.run(group.files.count, threads: Self.lanes) { position, _ in
      attempt { () throws(StreamError) in
        let file: AtomicFile
        switch group.files[position] {
        case .written(let written):
          file = written
          try file.makeDurable()
        case .unwritten(let unwritten):
          do throws(StreamError) { file = try unwritten.write() } catch {
            guard error.kind == .system(errno: EMFILE) else { throw error }
            return durable.withLock { $0.left.append(unwritten) }
          }
        }
        durable.withLock { $0.files[position] = file }
      }
    }
    let done = durable.withLock { $0 }
    for file in done.files { if let file { place(file) } }
    // The files before are closed.
    for file in done.left {
      attempt { () throws(StreamError) in place(try file.write()) }
    }
  }

  private func place(_ file: AtomicFile) {
    attempt(file.putInPlace)
    if let folder = file.finalFolder { changed[folder] = file }
  }

  /// Notes the first failure.
  private func attempt(_ body: () throws(StreamError) -> Void) {
    do throws(StreamError) { try body() } catch {
      failure.withLock { if $0 == nil { $0 = error } }
    }
  }
}
