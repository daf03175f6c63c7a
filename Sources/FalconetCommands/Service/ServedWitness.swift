import FalconetStreams
import FalconetSystem
import Keccak

/// What `witness` prints of a snapshot, as the service or this process knows it.
struct ServedWitness {
  var version: UInt8
  var claim: Bytes32
  var witness: [UInt8]
  var step: UInt64
  var exited: Bool
  var exitCode: UInt8
}

extension ServedWitness {
  /// Asks the service for a file that it can read.
  init(of path: String, _ connection: ServiceConnection) throws(ServiceFailure) {
    // The service has another working directory.
    guard let place = path.pathWithoutLinks else {
      throw ServiceFailure(description: "\(path) cannot be found")
    }
    let body = try ServiceText.object { (json) throws(StreamError) in
      try json.member("path", place)
    }
    let response = try connection.ask("POST", "/v1/witnesses", body)
    try ServiceClient.check(response)
    let answer = try ServiceText.members(response.body)
    guard let version = answer["stateVersion"].flatMap({ UInt8($0) }),
      let claim = answer["witnessHash"].flatMap({ Hex.decode(utf8: Array($0.utf8)) })
        .flatMap({ Bytes32($0) }),
      let witness = answer["witness"].flatMap({ Hex.decode(utf8: Array($0.utf8)) }),
      let step = answer["step"].flatMap({ UInt64($0) }), let exited = answer["exited"],
      let exitCode = answer["exitCode"].flatMap({ UInt8($0) })
    else { throw ServiceFailure(description: "the service sent no witness") }
    self.init(
      version: version, claim: claim, witness: witness, step: step, exited: exited == "true",
      exitCode: exitCode)
  }
}
