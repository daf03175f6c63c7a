import FalconetForeignVM
import FalconetMachine
import FalconetOracle
import FalconetStreams
import Keccak

/// Passes requests on, and keeps what a machine got since it was marked, to be served to another VM.
final class ShadowRecord: PreimageOracle {
  private var source: any PreimageOracle
  private var preimages: [Bytes32: [UInt8]] = [:]
  /// What the machine got last: it does not ask for it again, but the other VM does.
  private var last: (key: Bytes32, data: [UInt8])?
  private var isRecording = false
  /// The files of the last step of the sample.
  private var written: [String] = []

  init(_ source: any PreimageOracle, _ last: (key: Bytes32, data: [UInt8])?) {
    self.source = source
    self.last = last
  }

  func start() {
    preimages = [:]
    if let last { preimages[last.key] = last.data }
    isRecording = true
  }

  func stop() {
    preimages = [:]
    isRecording = false
  }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    let data = try source.preimage(for: key)
    last = (key, data)
    if isRecording { preimages[key] = data }
    return data
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) { try source.hint(hint) }

  func longHint(_ hint: LongHint) throws(PreimageError) { try source.longHint(hint) }

  var takesHints: Bool { source.takesHints }

  func flush() throws(PreimageError) { try source.flush() }

  /// Writes what was recorded as a host stores it.
  func write(to folder: WorkDirectory) throws(StreamError) {
    for name in written { folder.remove("\(folder.path)/\(name)") }
    written = []
    try folder.makeFolder("preimages")
    try write("kvformat", "file", folder)
    for (key, data) in preimages { try write("\(key).txt", Hex.encode(data), folder) }
  }

  private func write(
    _ name: String, _ text: String, _ folder: WorkDirectory
  ) throws(StreamError) {
    // It need not outlive this process, so it is not synced.
    written.append("preimages/\(name)")
    let sink = try FileSink(path: folder.file("preimages/\(name)"), permissions: 0o600)
    try sink.write(Array(text.utf8))
    try sink.finish()
  }
}
