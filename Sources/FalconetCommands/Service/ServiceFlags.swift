import ArgumentParser
import FalconetLibc
import FalconetStreams
import FalconetSystem
import Logging

/// Which service a command asks.
struct ServiceFlags: ParsableArguments {
  @Option(
    name: .customLong("server"),
    help: ArgumentHelp(
      """
      Address of a falconet-server that executes steps for this command, such as 127.0.0.1:7300 or \
      unix:/PATH (default: the variable FALCONET_SERVER).
      """, valueName: "address"))
  var address: String?

  @Option(
    name: .customLong("server-token"),
    help: ArgumentHelp(
      "File with the service's token (default: the variable FALCONET_SERVER_TOKEN).",
      valueName: "file"), completion: .file())
  var tokenFile: String?

  fileprivate static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(fileName: value)
  }

  /// What connects to the service; nil if none is named.
  ///
  /// - Parameter deadline: seconds within which the service must answer.
  func connector(
    deadline: UInt64? = nil
  ) throws(UsageError) -> (() throws(ServiceFailure) -> ServiceConnection)? {
    guard let text = address ?? Self.variable("FALCONET_SERVER"), !text.isEmpty else { return nil }
    let address = try ServiceAddress(text)
    let tokenFile = tokenFile ?? Self.variable("FALCONET_SERVER_TOKEN")
    return { () throws(ServiceFailure) in
      var token: String?
      if let tokenFile {
        do throws(StreamError) {
          let bytes = try ByteReader(FileSource(path: tokenFile)).readAll(limit: 4096)
          token = String(decoding: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
        } catch { throw ServiceFailure(description: "the token cannot be read: \(error)") }
      }
      return try ServiceConnection(address, token: token, deadline: deadline)
    }
  }
}

/// When a command needs the service's answer.
struct DeadlineFlag: ParsableArguments {
  @Option(
    name: .customLong("server-deadline"),
    help: ArgumentHelp(
      """
      Seconds within which the service must answer: such questions go first, and a late answer raises an alarm \
      (default: the variable FALCONET_SERVER_DEADLINE, else none).
      """, valueName: "seconds"))
  var deadline: String?

  /// The deadline of the questions; nil if there is none.
  func seconds() throws(UsageError) -> UInt64? {
    guard let text = deadline ?? ServiceFlags.variable("FALCONET_SERVER_DEADLINE") else {
      return nil
    }
    guard text.utf8.allSatisfy({ 48...57 ~= $0 }), let seconds = UInt64(text), seconds <= 1_000_000
    else {
      let name = deadline == nil ? "FALCONET_SERVER_DEADLINE" : "--server-deadline"
      throw UsageError("\(name) must be a whole number of seconds, at most 1000000")
    }
    return seconds
  }
}
