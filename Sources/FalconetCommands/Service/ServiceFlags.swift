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

  private static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(fileName: value)
  }

  /// What connects to the service; nil if none is named.
  func connector() throws(UsageError) -> (() throws(ServiceFailure) -> ServiceConnection)? {
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
      return try ServiceConnection(address, token: token)
    }
  }
}
