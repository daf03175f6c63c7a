extension AtomicFile {
  /// Writes a whole file: what `body` writes appears under `path` if nothing throws, and nothing
  /// changes otherwise.
  ///
  /// ```swift
  /// try AtomicFile.write(path: "proof-5.json.gz") { (sink) throws(StreamError) in
  ///   try sink.write(Array("{}\n".utf8))
  /// }
  /// ```
  /// - Parameters:
  ///   - path: The name of the file.
  ///   - permissions: The permissions of the file, of which the process's umask takes some away.
  ///   - compression: How the file is compressed; nil goes by the name (`.gz`).
  ///   - cancellation: Ends a wait for the reader of a pipe.
  ///   - wrapping: Turns an error of the file into one of the caller's type.
  ///   - body: Writes the content. It need not call `finish()`.
  package static func write<Failure: Error>(
    path: String,
    permissions: UInt32 = 0o777,
    compression: Compression? = nil,
    _ cancellation: Cancellation = .never,
    wrapping: (StreamError) -> Failure,
    body: (any ByteSink) throws(Failure) -> Void
  ) throws(Failure) {
    let opened: (file: AtomicFile, sink: any ByteSink)
    do throws(StreamError) {
      let file = try AtomicFile(path: path, permissions: permissions, cancellation)
      opened = (file, try (compression ?? Compression(fileName: path)).sink(over: file))
    } catch {
      throw wrapping(error)
    }
    // Not left to `deinit` alone: `body` may keep the sink alive.
    var isCommitted = false
    defer { if !isCommitted { opened.file.discard() } }
    try body(opened.sink)
    do throws(StreamError) {
      try opened.sink.finish()
      try opened.file.commit()
    } catch {
      throw wrapping(error)
    }
    isCommitted = true
  }

  /// Writes a whole file; `body` throws stream errors only.
  package static func write(
    path: String,
    permissions: UInt32 = 0o777,
    compression: Compression? = nil,
    _ cancellation: Cancellation = .never,
    body: (any ByteSink) throws(StreamError) -> Void
  ) throws(StreamError) {
    try write(
      path: path, permissions: permissions, compression: compression, cancellation,
      wrapping: { (error: StreamError) in error }, body: body)
  }
}
