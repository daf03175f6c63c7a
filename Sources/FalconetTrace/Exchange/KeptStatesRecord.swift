import FalconetStreams
import SystemPackage

/// The hidden file in which runs say which states they kept, and what they were asked.
struct KeptStatesRecord {
  struct Content: Equatable {
    /// The steps of the states, ascending.
    var states: [UInt64] = []
    /// The steps where runs ended; the last one is the last that was asked for.
    var questions: [UInt64] = []
    /// The last step that a run came to.
    var reached: UInt64 = 0
    /// The step at which the program exits, where it is known.
    var end: UInt64?
  }

  static let name = ".falconet-states.json"

  /// More than any record that was written here.
  private static let limit = 1 << 20

  private let path: FilePath

  init(folder: String) { path = FilePath(folder).appending(Self.name) }

  /// What the file says; nothing where it is not there, or damaged.
  func read() throws(StreamError) -> Content {
    guard TraceFolder.isRegular(path), TraceFolder.size(path) <= Self.limit else {
      return Content()
    }
    let json = JSONReader(ByteReader(try FileSource(path: path.string)))
    do throws(StreamError) {
      let content = try Self.read(json)
      try json.finish()
      return content
    } catch {
      if error.isOfSystem { throw error }
      return Content()
    }
  }

  private static func read(_ json: JSONReader) throws(StreamError) -> Content {
    var content = Content()
    try json.beginObject()
    while let key = try json.nextKey() {
      switch key {
      case "states": content.states = try readSteps(json)
      case "questions": content.questions = try readSteps(json)
      case "reached": content.reached = try json.readUInt64()
      case "end": content.end = try json.readUInt64()
      default: try json.skipValue()
      }
    }
    content.states = Array(Set(content.states)).sorted()
    return content
  }

  private static func readSteps(_ json: JSONReader) throws(StreamError) -> [UInt64] {
    var steps: [UInt64] = []
    try json.beginArray()
    while try json.nextElement() { steps.append(try json.readUInt64()) }
    return steps
  }

  func write(_ content: Content) throws(StreamError) {
    try AtomicFile.write(path: path.string) { (sink) throws(StreamError) in
      let json = JSONWriter(to: sink)
      try json.beginObject()
      for (key, steps) in [("states", content.states), ("questions", content.questions)] {
        try json.member(key, array: steps) { (step) throws(StreamError) in try json.number(step) }
      }
      try json.member("reached", content.reached)
      if let end = content.end {
        try json.member("end", end)
      }
      try json.endObject()
      try json.finish()
    }
  }
}
