import FalconetStreams
import FalconetSystem
import SystemPackage

/// A state that a trace's directory has, for those who only read: the directory may be in use meanwhile, and
/// nothing in it is changed.
package struct SavedState: Sendable, Equatable {
  /// The steps that led to it.
  package let step: UInt64
  /// The snapshot's file.
  package let path: String
  /// The last hint that the program wrote before it, which a new host has to get first; nil if there is none.
  package let hint: [UInt8]?

  /// The last state at or before a step; nil if the directory has none.
  ///
  /// - Throws: ``StreamError`` if the directory is no trace's, or can't be read.
  package static func nearest(
    to step: UInt64, in directory: String
  ) throws(StreamError) -> SavedState? {
    let path = FilePath(fileName: directory)
    do throws(TraceError) {
      guard try TraceDirectory.isTrace(path) else {
        throw .file(
          StreamError(
            .unsupported, path: directory, message: "it is not the directory of a trace",
            remedy: "check the path"))
      }
      let folder = path.appending("snapshots")
      let steps = try TraceDirectory.names(in: folder).compactMap { name in
        name.hasSuffix(TraceDirectory.Name.snapshotSuffix)
          ? UInt64(name.dropLast(TraceDirectory.Name.snapshotSuffix.count)) : nil
      }
      guard let found = steps.filter({ $0 <= step }).max() else { return nil }
      let file = folder.appending("\(found)\(TraceDirectory.Name.snapshotSuffix)")
      let hint = folder.appending("\(found)\(TraceDirectory.Name.hintSuffix)")
      return SavedState(step: found, path: file.fileName, hint: try Self.hint(hint))
    } catch {
      if case .file(let error) = error { throw error }
      throw StreamError(.unsupported, path: directory, message: error.description)
    }
  }

  private static func hint(_ file: FilePath) throws(TraceError) -> [UInt8]? {
    let content: HintFile.Content
    do throws(StreamError) { content = try HintFile.read(file) } catch { throw .file(error) }
    switch content {
    case .none: return nil
    case .hint(let bytes): return bytes
    case .corrupt(let reason):
      throw .file(StreamError(.corrupt, path: file.fileName, message: reason))
    }
  }
}
