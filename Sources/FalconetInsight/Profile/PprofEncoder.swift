import FalconetStreams

/// Encodes a profile as pprof's `perftools.profiles.Profile`, whose field numbers these are
/// (`profile.proto` of github.com/google/pprof).
struct PprofEncoder {
  private var message = ProtocolBuffer()
  private var strings: [String] = []
  private var stringIndices: [String: UInt64] = [:]
  private var functionIDs: [FunctionKey: UInt64] = [:]
  private var functions = ProtocolBuffer()

  private struct FunctionKey: Hashable {
    let name: String
    let file: String?
  }

  /// Bytes after which what is encoded is written.
  private static let chunk = 1 << 16

  /// Writes the bytes of the message, not compressed. The same profile gives the same bytes.
  static func write(_ profile: Profile, to writer: ByteWriter) throws(StreamError) {
    var encoder = PprofEncoder()
    try encoder.encode(profile, to: writer)
  }

  private mutating func encode(
    _ profile: Profile, to writer: ByteWriter
  ) throws(StreamError) {
    // String 0 is the empty one.
    _ = index(of: "")
    valueType(1, "samples", "count")
    valueType(1, "steps", "count")
    for stack in profile.stacks {
      message.field(2) {
        $0.field(1, packed: stack.locations.map { UInt64($0) + 1 })
        $0.field(2, packed: [stack.samples, stack.steps])
      }
      if message.bytes.count >= Self.chunk { try message.flush(to: writer) }
    }
    // One mapping for all the program, told to have its functions, files, lines and inlined calls.
    let program = index(of: "guest")
    message.field(3) {
      $0.field(1, 1)
      $0.field(3, .max)
      $0.field(5, program)
      for field: UInt64 in 7...10 { $0.field(field, 1) }
    }
    for (index, location) in profile.locations.enumerated() {
      let lines = location.functions.map { (id: id(of: $0), line: UInt64($0.line ?? 0)) }
      message.field(4) {
        $0.field(1, UInt64(index) + 1)
        $0.field(2, 1)
        $0.field(3, location.address)
        for line in lines {
          $0.field(4) {
            $0.field(1, line.id)
            $0.field(2, line.line)
          }
        }
      }
    }
    let stepsName = index(of: "steps")
    valueType(11, "steps", "count")
    message.field(12, profile.samples > 0 ? profile.steps / profile.samples : 0)
    message.field(14, stepsName)
    if profile.mergedSteps > 0 {
      let comment = index(
        of: "\(profile.mergedSteps) steps are counted for callers of what executed them")
      message.field(13, comment)
    }
    try message.flush(to: writer)
    try functions.flush(to: writer)
    var table = ProtocolBuffer()
    for string in strings { table.field(6, string.utf8) }
    try table.flush(to: writer)
  }

  private mutating func valueType(_ field: UInt64, _ type: String, _ unit: String) {
    let (type, unit) = (index(of: type), index(of: unit))
    message.field(field) {
      $0.field(1, type)
      $0.field(2, unit)
    }
  }

  private mutating func id(of location: CodeLocation) -> UInt64 {
    let key = FunctionKey(name: location.function, file: location.file)
    if let known = functionIDs[key] { return known }
    let id = UInt64(functionIDs.count) + 1
    functionIDs[key] = id
    let name = index(of: location.function)
    let file = index(of: location.file ?? "")
    functions.field(5) {
      $0.field(1, id)
      $0.field(2, name)
      $0.field(3, name)
      $0.field(4, file)
      $0.field(5, UInt64(location.startLine ?? 0))
    }
    return id
  }

  private mutating func index(of string: String) -> UInt64 {
    if let known = stringIndices[string] { return known }
    let index = UInt64(strings.count)
    strings.append(string)
    stringIndices[string] = index
    return index
  }
}
