import FalconetLibc
import FalconetMachine
import FalconetSnapshots
import FalconetStreams

/// What a trace is computed from.
package struct TraceSource: Sendable {
  /// Reads the prestate: when a trace is opened, unless it is known by ``identity``; before the
  /// first step is executed; and if the machine must go back to it. Setting it sets ``identity``
  /// to nil.
  package var prestate: @Sendable () throws(StreamError) -> MemoryImage {
    didSet { identity = nil }
  }

  /// Returns a text that changes whenever ``prestate`` could return another state: what
  /// ``FileIdentity`` says of a file, or a hash that names the content. Nil if nothing can be said.
  ///
  /// A directory stores the text of the prestate that it was opened with. If it is the same, known answers
  /// are given without reading the prestate. A prestate that is read is always checked. Texts longer than
  /// 1,024 bytes are not stored.
  package var identity: (@Sendable () -> String?)?

  /// Opens the source of pre-images. Called before the first step is executed, and again after the
  /// source failed. Pre-images are checked against their keys if that is possible.
  package var preimages: @Sendable () throws(PreimageError) -> any PreimageOracle

  /// Whether what ``preimages`` opens checks its answers by itself, so that each is hashed once.
  package var isChecked = false

  /// Returns a text that changes whenever ``preimages`` could give other local pre-images: for a server,
  /// its command line. Nil if nothing can be said, as of a directory, whose content can change.
  ///
  /// The local pre-images that a program reads are inputs of its trace, and a directory records them. If
  /// the text is the same as before, known answers are given without the source. Otherwise it is opened, and
  /// asked for the inputs that are recorded, before anything is answered.
  package var sourceIdentity: (@Sendable () -> [UInt8]?)?

  /// The local inputs that ``preimages`` answers by itself, by index. They are compared with those that
  /// are recorded whenever that can matter, without opening the source.
  package var localInputs: @Sendable () -> [UInt64: [UInt8]] = { [:] }

  /// The name of the revision that steps are executed by, as `StateVersion.revision(named:)` knows
  /// it. Nil: the one that the prestate records, else the newest of its version.
  package var revision: String?

  /// A prestate that `prestate` makes or reads.
  package init(
    prestate: @escaping @Sendable () throws(StreamError) -> MemoryImage,
    identity: (@Sendable () -> String?)? = nil, sourceIdentity: String? = nil,
    preimages: @escaping @Sendable () throws(PreimageError) -> any PreimageOracle
  ) {
    self.prestate = prestate
    self.identity = identity
    if let sourceIdentity { self.sourceIdentity = { Array(sourceIdentity.utf8) } }
    self.preimages = preimages
  }

  /// A prestate in a file, which is not read for known answers as long as it is unchanged.
  ///
  /// - Parameters:
  ///   - path: a snapshot in any format. A relative path is resolved now, so that the process
  ///     may change its directory.
  ///   - reading: how it is read; nil goes by the content and finds bases beside the file. If
  ///     pages are trusted, the file is read each time.
  ///   - sourceIdentity: see the property.
  package init(
    prestateFile path: String, _ reading: SnapshotReading? = nil, sourceIdentity: String? = nil,
    preimages: @escaping @Sendable () throws(PreimageError) -> any PreimageOracle
  ) {
    let path = Self.absolute(path)
    let reading = reading ?? SnapshotReading(bases: .beside(file: path))
    self.init(
      prestate: { () throws(StreamError) in
        try Snapshot.loadHashed(from: FileSource(path: path), reading)
      },
      // A delta names its base by hashes, so that the file alone says which state it is.
      identity: {
        guard !reading.trustPages, let file = FileIdentity(path: path) else { return nil }
        return reading.format.map { "file \(file) as \($0.rawValue)" } ?? "file \(file)"
      },
      sourceIdentity: sourceIdentity, preimages: preimages)
  }

  private static func absolute(_ path: String) -> String {
    guard !path.isEmpty, !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
    // Sound: `getcwd` gave a zero-terminated string from `malloc`, which is freed once.
    defer { free(directory) }
    return String(fileName: directory) + "/" + path
  }
}

extension MemoryImage {
  /// The witness of the state. Hashes the pages that changed.
  var witness: [UInt8] { state.witness(memoryRoot: memory.root()) }
}
