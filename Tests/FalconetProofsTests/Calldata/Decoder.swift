import FalconetProofs
import FalconetStreams
import Glibc
import Testing

/// The decoder of `decode_calldata.py`, which knows nothing of this project.
///
/// `Scripts/install-test-tools` makes the Python environment that it needs.
enum Decoder {
  private static let root = String(
    #filePath.dropLast("/Tests/FalconetProofsTests/Calldata/Decoder.swift".count))
  private static let script = root + "/Tests/FalconetProofsTests/Calldata/decode_calldata.py"

  /// A Python that has the packages; nil if there is none.
  private static let python = [root + "/.build/test-tools/bin/python3", "python3"].first {
    lines(of: "'\($0)' -c 'import eth_abi, eth_hash.auto; print(1)' 2>/dev/null") == ["1"]
  }

  static let isInstalled = python != nil

  /// The arguments of each call, in hexadecimal.
  static func decode(_ calls: [ContractCall]) throws -> [[String]] {
    let python = try #require(python)
    let input = "/tmp/falconet-calls-\(UInt64.random(in: .min ... .max))"
    defer { unlink(input) }
    let text = calls.map { "\($0.signature) \(Hex.encode($0.data))\n" }.joined()
    let sink = try FileSink(path: input, permissions: 0o600)
    try sink.write(Array(text.utf8))
    try sink.finish()
    return lines(of: "'\(python)' '\(script)' < \(input)").map {
      $0.split(separator: " ").map(String.init)
    }
  }

  /// What a shell command prints.
  private static func lines(of command: String) -> [String] {
    guard let pipe = popen(command, "r") else { return [] }
    defer { pclose(pipe) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(pipe), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

extension ContractCall.Value {
  /// The value as `decode_calldata.py` prints it.
  var decoded: String {
    let zeros = String(repeating: "0", count: 64)
    switch self {
    case .number(let number): return String((zeros + String(number, radix: 16)).suffix(64))
    case .word(let word): return Hex.encode(word.bytes)
    case .address(let address): return String((zeros + Hex.encode(address.bytes)).suffix(64))
    case .bytes(let bytes): return bytes.isEmpty ? "-" : Hex.encode(bytes)
    }
  }
}
