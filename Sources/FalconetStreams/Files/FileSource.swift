import FalconetSystem
import SystemPackage

/// The bytes of a file, from its start, without a buffer of its own.
package final class FileSource: ByteSource {
  package var name: String { file.name }
  private let file: OpenFile

  /// Opens the file at `path`. "-" has no special meaning here.
  ///
  /// - Parameter cancellation: ends a wait for a pipe's bytes.
  /// - Throws: `.notFound`, `.permission`, `.isDirectory`, `.system`.
  package init(path: String, _ cancellation: Cancellation = .never) throws(StreamError) {
    try checkPath(path)
    let descriptor: FileDescriptor
    do throws(Errno) {
      // Non-blocking, so that opening a named pipe does not wait without watching the cancellation.
      descriptor = try systemCall {
        try FileDescriptor.open(
          FilePath(fileName: path), .readOnly, options: [.closeOnExec, .nonBlocking])
      }
    } catch {
      throw StreamError(error, .read, path: path)
    }
    file = OpenFile(descriptor, name: path, closes: true, cancellation)
    if file.status?.type == .directory { throw StreamError(.isDirectory, .read, path: path) }
  }

  /// The size in bytes of a regular file when it was opened; nil for pipes and devices.
  package var size: UInt64? {
    guard let status = file.status, status.type == .regular else { return nil }
    return UInt64(exactly: status.size)
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    try file.read(into: buffer)
  }
}

/// Standard input, without a buffer of its own. The descriptor stays open.
package final class StandardInputSource: ByteSource {
  package var name: String { file.name }
  private let file: OpenFile

  /// The process's standard input.
  ///
  /// - Parameter cancellation: ends a wait for bytes.
  package init(_ cancellation: Cancellation = .never) {
    file = OpenFile(.standardInput, name: "standard input", closes: false, cancellation)
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
    try file.read(into: buffer)
  }
}

/// Refuses what no system call could take: an empty path, or one with a zero byte, which would
/// name another file.
func checkPath(_ path: String) throws(StreamError) {
  if path.isEmpty {
    throw StreamError(.notFound, message: "the path is empty", remedy: "name a file")
  }
  if path.utf8.contains(0) {
    throw StreamError(.notFound, path: path, message: "the path holds a zero byte")
  }
}
