import FalconetStreams
import Keccak

extension StepVector {
  /// The bytes of a value of JSON that has vectors, compressed with zstd.
  package static func write(_ vectors: [StepVector], to sink: any ByteSink) throws(StreamError) {
    let compressed = try ZstdSink(over: sink, level: 12)
    let json = JSONWriter(to: compressed, style: .compact)
    try json.beginArray()
    for vector in vectors { try vector.write(to: json) }
    try json.endArray()
    try json.finish()
    try compressed.finish()
  }

  /// Reads what ``write(_:to:)`` wrote.
  package static func readAll(_ source: any ByteSource) throws(StreamError) -> [StepVector] {
    let json = JSONReader(ByteReader(try ZstdSource(over: source)))
    var vectors: [StepVector] = []
    try json.beginArray()
    while try json.nextElement() { vectors.append(try StepVector(json)) }
    try json.finish()
    return vectors
  }

  private func write(to json: JSONWriter) throws(StreamError) {
    try json.object { () throws(StreamError) in
      try json.member("area", area.rawValue)
      try json.member("name", name)
      try json.member("kinds", array: kinds) { (kind) throws(StreamError) in
        try json.string(kind)
      }
      try json.member("state", Hex.encode(state))
      try json.member("steps", steps)
      if !marks.isEmpty { try json.member("marks", Hex.encode(marks)) }
      try json.member("claim", Hex.encode(claim.bytes))
      try json.member("end", end.rawValue)
      if end == .exited { try json.member("exitCode", exitCode) }
      if !preimages.isEmpty {
        let sorted = preimages.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
        try json.member("preimages", objects: sorted) { (pair) throws(StreamError) in
          try json.member("key", Hex.encode(pair.key.bytes))
          try json.member("value", Hex.encode(pair.value))
        }
      }
      if !hints.isEmpty {
        try json.member("hints", array: hints) { (hint) throws(StreamError) in
          try json.string(Hex.encode(hint))
        }
      }
      if !output.isEmpty { try json.member("output", Hex.encode(output)) }
      if !errors.isEmpty { try json.member("errors", Hex.encode(errors)) }
    }
  }

  private static var limit: Int { 1 << 20 }

  private init(_ json: JSONReader) throws(StreamError) {
    self.init(
      area: .instructions, name: "", kinds: [], state: [], steps: 0, claim: Bytes32(), end: .step)
    func invalid(_ what: String) -> StreamError {
      StreamError(.syntax, offset: json.position, message: "a vector has \(what)")
    }
    try json.beginObject()
    while let key = try json.nextKey() {
      switch key {
      case "area":
        guard let area = VectorArea(rawValue: try json.readString()) else {
          throw invalid("an unknown area")
        }
        self.area = area
      case "name": name = try json.readString()
      case "kinds":
        try json.beginArray()
        while try json.nextElement() { kinds.append(try json.readString()) }
      case "state": state = try json.readHex(maxBytes: Self.limit)
      case "steps": steps = try json.readUInt64()
      case "marks": marks = try json.readHex(maxBytes: Self.limit)
      case "claim": claim = try Self.readHash(json)
      case "end":
        guard let end = End(rawValue: try json.readString()) else { throw invalid("another end") }
        self.end = end
      case "exitCode": exitCode = try json.readUInt8()
      case "preimages":
        try json.beginArray()
        while try json.nextElement() {
          var (key, value) = (Bytes32(), [UInt8]())
          try json.beginObject()
          while let name = try json.nextKey() {
            if name == "key" {
              key = try Self.readHash(json)
            } else {
              value = try json.readHex(maxBytes: Self.limit)
            }
          }
          preimages[key] = value
        }
      case "hints":
        try json.beginArray()
        while try json.nextElement() { hints.append(try json.readHex(maxBytes: Self.limit)) }
      case "output": output = try json.readHex(maxBytes: Self.limit)
      case "errors": errors = try json.readHex(maxBytes: Self.limit)
      default: throw invalid("an unknown member \(key)")
      }
    }
  }

  private static func readHash(_ json: JSONReader) throws(StreamError) -> Bytes32 {
    guard let hash = Bytes32(try json.readHex(maxBytes: 32)) else {
      throw StreamError(
        .syntax, offset: json.position, message: "a vector has a hash that has not 32 bytes")
    }
    return hash
  }
}
