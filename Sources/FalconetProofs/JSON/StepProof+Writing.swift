import FalconetMachine
import FalconetStreams
import Keccak

extension StepProof {
  /// Writes the proof file's JSON: Cannon's keys in Cannon's order. The oracle's keys are left out
  /// if the step reads no pre-image, and an offset of 0 always. If the proof has a version,
  /// the key `stateVersion`, which Cannon's files don't have, comes last.
  package func write(to sink: any ByteSink) throws(StreamError) {
    let writer = ByteWriter(sink, capacity: 32 << 10)
    let json = JSONWriter(writer)
    try json.beginObject()
    try writeMembers(to: json)
    try json.endObject()
    try json.finish(newlines: 2)
  }

  /// Writes the members of the proof's JSON object into one that is open.
  package func writeMembers(to json: JSONWriter) throws(StreamError) {
    if let step {
      try json.member("step", step)
    }
    if let pre {
      try json.member("pre", hex: pre.bytes)
    }
    try json.member("post", hex: post.bytes)
    try json.member("state-data", hex: stateData)
    try json.member("proof-data", hex: proofData)
    if let oracleKey {
      try json.member("oracle-key", hex: oracleKey.bytes)
      try json.member("oracle-value", hex: oracleValue)
      if oracleOffset != 0 {
        try json.member("oracle-offset", oracleOffset)
      }
    }
    if let version {
      try json.member("stateVersion", version.rawValue)
    }
  }

  /// Writes a proof file, gzip-compressed if its name ends in `.gz`. It appears whole, or not at
  /// all.
  ///
  /// - Parameter cancellation: ends a wait for the reader of a pipe.
  package func save(
    path: String, _ cancellation: Cancellation = .never
  ) throws(StreamError) {
    try AtomicFile.write(path: path, cancellation) { (sink) throws(StreamError) in
      try write(to: sink)
    }
  }
}
