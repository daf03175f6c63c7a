import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetSystem
import FalconetTrace
import SystemPackage

/// What the process that works on a trace has got from its source of pre-images: a file in the trace's
/// directory, which that process replaces as it goes on.
///
/// No answer depends on it.
struct HostStatusFile: Sendable {
  private let path: FilePath

  init(directory: String) {
    path = FilePath(fileName: directory).appending(TraceProvider.hostStatusName)
  }

  /// Replaces the file, in a directory that is there.
  func write(_ record: PreimageActivity.Record, step: UInt64) throws(StreamError) {
    guard
      FileStatus(path.removingLastComponent(), followsLinks: true)?.kind == .directory,
      // Nothing outside of the directory is written through a link.
      !FileStatus.exists(path) || FileStatus.isRegular(path)
    else { return }
    let status = HostStatus(record, step: step)
    try AtomicFile.write(path: path.fileName, permissions: 0o666, compression: Compression.none) {
      (sink) throws(StreamError) in
      let json = JSONWriter(to: sink)
      try json.object { () throws(StreamError) in try status.writeMembers(to: json) }
      try json.finish()
    }
  }

  /// What the file says; nil if there is none, or it makes no sense.
  func read() -> HostStatus? {
    guard FileStatus.isRegular(path), FileStatus(path)?.size ?? .max < 65536 else { return nil }
    return try? HostStatus(JSONReader(ByteReader(FileSource(path: path.fileName))))
  }
}

/// What ``HostStatusFile`` holds.
struct HostStatus: Sendable, Equatable {
  /// The step that the machine was at.
  var step: UInt64 = 0
  /// Milliseconds of waits in all.
  var waited: UInt64 = 0
  /// Pre-images that each place served.
  var served: [String: UInt64] = [:]
  var restarts: UInt64 = 0
  /// Milliseconds of the wait that was going on; nil if none was.
  var waiting: UInt64?
  /// What it was for.
  var subject: String?

  init(_ record: PreimageActivity.Record, step: UInt64) {
    let now = ContinuousClock.now
    self.step = step
    waited = record.waited(until: now).milliseconds
    restarts = record.restarts
    for place in PreimageActivity.Place.allCases {
      served[place.rawValue] = record.count(from: place).requests
    }
    if let wait = record.wait {
      waiting = (now - wait.since).milliseconds
      subject = wait.subject
    }
  }

  init(_ json: JSONReader) throws(StreamError) {
    try json.beginObject()
    while let key = try json.nextKey() {
      switch key {
      case "step": step = try json.readUInt64()
      case "waitedMilliseconds": waited = try json.readUInt64()
      case "restarts": restarts = try json.readUInt64()
      case "waitingMilliseconds": waiting = try json.readUInt64()
      case "waitingFor":
        // It is printed on terminals.
        let bytes = try json.readStringBytes(maxBytes: 4096).map {
          (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?")
        }
        subject = String(decoding: bytes, as: UTF8.self)
      case "served":
        try json.beginObject()
        while let place = try json.nextKey() {
          let count = try json.readUInt64()
          if PreimageActivity.Place(rawValue: place) != nil { served[place] = count }
        }
      default: try json.skipValue()
      }
    }
    try json.finish()
  }

  /// - Parameter isRunning: whether the wait may still go on.
  func writeMembers(to json: JSONWriter, isRunning: Bool = true) throws(StreamError) {
    try json.member("step", step)
    try json.member("waitedMilliseconds", waited)
    try json.member("restarts", restarts)
    try json.member("served") { () throws(StreamError) in
      for place in PreimageActivity.Place.allCases {
        try json.member(place.rawValue, served[place.rawValue] ?? 0)
      }
    }
    if isRunning, let waiting, let subject {
      try json.member("waitingMilliseconds", waiting)
      try json.member("waitingFor", subject)
    }
  }

  /// What is said of the process that has the trace open.
  var text: String {
    let places = PreimageActivity.Place.allCases.compactMap { place in
      served[place.rawValue].flatMap { $0 > 0 ? "\($0) from \(place.rawValue)" : nil }
    }
    let waited = Duration.milliseconds(Int64(clamping: waited)).inWords
    var text = "at step \(step) it had waited \(waited) for its host in all"
    if !places.isEmpty { text += ", with \(places.joined(separator: ", "))" }
    if let waiting, let subject {
      text += ", and then \(Duration.milliseconds(Int64(clamping: waiting)).inWords) for \(subject)"
    }
    return text
  }
}

extension Duration {
  fileprivate var milliseconds: UInt64 {
    UInt64(clamping: components.seconds) * 1000
      + UInt64(clamping: components.attoseconds / 1_000_000_000_000_000)
  }
}
