import FalconetLibc
import FalconetMachine
import FalconetStreams
import FalconetSystem

/// Converts snapshots from any format to any that can hold their version.
///
/// If one pass is possible, pages go straight from one to the other. If the new format begins
/// with what the old one tells last (the number of pages, the version), if pages are out of
/// order, or if the order can't be known in advance, pages wait in a temporary file without a
/// name. Memory holds a table of the pages in either case, not the pages.
package enum SnapshotConverter {
  /// Converts a file. The new one appears whole, or not at all.
  ///
  /// - Parameters:
  ///   - input: the file to read; it may be the one that is written.
  ///   - reading: how it is read; nil goes by the content and finds bases beside the file.
  ///   - output: the file to write; a name that ends in `.gz` is compressed with gzip.
  ///   - target: its format; nil goes by the name.
  package static func convert(
    path input: String, _ reading: SnapshotReading? = nil,
    to output: String, as target: SnapshotFormat? = nil
  ) throws(StreamError) {
    let target = if let target { target } else { try SnapshotFormat(fileName: output) }
    let reading = reading ?? SnapshotReading(bases: .beside(file: input))
    if try FileSource(path: input, reading.cancellation).size != nil, isReplaceable(output) {
      if try convertInOnePass(input, reading, output, target) { return }
    }
    try AtomicFile.write(path: output, reading.cancellation) { (sink) throws(StreamError) in
      try convert(
        FileSource(path: input, reading.cancellation), reading, to: sink, as: target,
        temporaryFolder: output.parentDirectory)
    }
  }

  /// Converts a stream, which can't be read twice, so pages wait in a temporary file.
  ///
  /// - Parameters:
  ///   - input: what to read.
  ///   - reading: how it is read.
  ///   - output: what to write to; it is not finished at the end.
  ///   - target: the format to write.
  ///   - folder: where the temporary file is made; nil is `TMPDIR`, or `/tmp`.
  package static func convert(
    _ input: any ByteSource, _ reading: SnapshotReading = SnapshotReading(),
    to output: any ByteSink, as target: SnapshotFormat, temporaryFolder folder: String? = nil
  ) throws(StreamError) {
    let spool = try PageSpool(in: folder)
    try Snapshot.read(input, reading, into: spool)
    try spool.produce(for: target.encoder(to: output, temporaryFolder: folder))
  }

  /// Converts a file without a temporary one for the pages.
  ///
  /// - Returns: false if that is not possible; nothing was written then.
  private static func convertInOnePass(
    _ input: String, _ reading: SnapshotReading, _ output: String, _ target: SnapshotFormat
  ) throws(StreamError) -> Bool {
    var pass: OnePass?
    do throws(StreamError) {
      try AtomicFile.write(path: output, reading.cancellation) { (sink) throws(StreamError) in
        let encoder = target.encoder(to: sink, temporaryFolder: output.parentDirectory)
        let attempt = OnePass(into: encoder, needsOutline: target.needsOutline)
        pass = attempt
        try Snapshot.read(FileSource(path: input, reading.cancellation), reading, into: attempt)
      }
      return true
    } catch {
      if pass?.isImpossible == true { return false }
      throw error
    }
  }

  /// Whether a file can be replaced after it was written in part: not if it is a device, a pipe, or this
  /// process's own output, under any name.
  private static func isReplaceable(_ path: String) -> Bool {
    guard let file = FileStatus(of: path, followsLinks: true) else { return true }
    guard file.kind == .regular else { return false }
    return ![STDOUT_FILENO, STDERR_FILENO].contains { descriptor in
      FileStatus(descriptor)?.isSameFile(as: file) == true
    }
  }
}

/// Passes a snapshot on as long as its parts come in the order of the new file.
private final class OnePass: SnapshotConsumer {
  private let target: any SnapshotConsumer
  private let needsOutline: Bool
  private var last: UInt64?
  /// Whether the parts came in another order.
  private(set) var isImpossible = false

  init(into target: any SnapshotConsumer, needsOutline: Bool) {
    self.target = target
    self.needsOutline = needsOutline
  }

  func begin(_ outline: SnapshotOutline) throws(StreamError) {
    if needsOutline, outline.version == nil || outline.pageCount == nil { throw impossible() }
    try target.begin(outline)
  }

  func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    if let last, index <= last { throw impossible() }
    last = index
    try target.page(index, bytes)
  }

  func end(_ state: MachineState) throws(StreamError) { try target.end(state) }

  private func impossible() -> StreamError {
    isImpossible = true
    return StreamError(.unsupported, message: "the parts are out of order")
  }
}
