import FalconetLibc
import FalconetSystem
import SystemPackage

/// A file written in place: made or emptied first, then filled. A failure leaves a part of it;
/// `AtomicFile` doesn't.
package final class FileSink: ByteSink {
  package var name: String { file.name }
  private let file: OpenFile

  /// Makes or empties the file at `path`.
  /// - Parameter permissions: Those of a new file, before the process's umask.
  package init(path: String, permissions: UInt32 = 0o755) throws(StreamError) {
    try checkPath(path)
    do throws(Errno) {
      let descriptor = try systemCall {
        try FileDescriptor.open(
          FilePath(fileName: path), .writeOnly, options: [.create, .truncate, .closeOnExec],
          permissions: FilePermissions(rawValue: permissions))
      }
      file = OpenFile(descriptor, name: path, closes: true, .never)
    } catch {
      throw StreamError(error, .create, path: path)
    }
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) { try file.write(bytes) }

  /// Closes the file.
  package func finish() throws(StreamError) { try file.close() }
}

/// Standard output, without a buffer of its own. The descriptor stays open.
package final class StandardOutputSink: ByteSink {
  /// What errors call it.
  package static let name = "standard output"

  package var name: String { Self.name }
  private let file: OpenFile

  /// The process's standard output.
  ///
  /// - Parameter cancellation: ends a wait for the reader.
  package init(_ cancellation: Cancellation = .never) {
    file = OpenFile(.standardOutput, name: Self.name, closes: false, cancellation)
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) { try file.write(bytes) }

  package func finish() throws(StreamError) {}
}

extension StandardOutputSink {
  /// Checks that standard output is open for writing.
  package static func check() throws(StreamError) {
    let flags = fcntl(STDOUT_FILENO, F_GETFL)
    guard flags >= 0, flags & O_ACCMODE != O_RDONLY else {
      throw StreamError(.badFileDescriptor, .write, path: name)
    }
  }
}
