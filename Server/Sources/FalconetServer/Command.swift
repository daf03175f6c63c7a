import ArgumentParser
import Foundation
import Logging

/// The command line.
package struct ServerCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "falconet-server",
    abstract: "Answers what challengers ask of traces, over HTTP, for many games at once.",
    discussion: """
      Flags replace what the configuration file says. SIGHUP reads the file again, SIGTERM and SIGINT stop \
      the service: it refuses new questions, and ends those in hand within stop-timeout.
      """)

  @Option(
    help: ArgumentHelp(
      "Where to listen: HOST:PORT or unix:PATH (default: 127.0.0.1:7300).", valueName: "address"))
  var listen: String?

  @Option(
    help: ArgumentHelp("Directory of games, prestates and answers.", valueName: "directory"),
    completion: .directory)
  var data: String?

  @Option(
    help: ArgumentHelp("Configuration, in YAML.", valueName: "file"), completion: .file())
  var config: String?

  @Flag(help: "Check the configuration, and do nothing else.")
  var check = false

  @Flag(help: "Print the port on standard output once connections are taken.")
  var printPort = false

  package init() {}

  package func run() async throws {
    var configuration = Configuration()
    do {
      if let config {
        guard let bytes = Files.read(config) else {
          throw ConfigurationError(file: config, message: "the file cannot be read")
        }
        try configuration.apply(yaml: String(decoding: bytes, as: UTF8.self), name: config)
      }
      if let listen {
        guard let address = ListenAddress(listen) else {
          throw ConfigurationError(
            file: "--listen", message: "\(listen) is no address: use HOST:PORT or unix:/PATH")
        }
        configuration.listen = address
      }
      if let data { configuration.data = data }
      guard !configuration.data.isEmpty else {
        throw ConfigurationError(
          file: "--data", message: "name a directory, or set 'data' in the file")
      }
      configuration.data = Files.absolute(configuration.data)
    } catch { throw ValidationError("\(error)") }
    if check { return }
    var logger = Logger(label: "falconet") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = Logger.Level(rawValue: configuration.logLevel) ?? .info
    let service: HTTPService
    do { service = try HTTPService(configuration, file: config, logger: logger) } catch {
      throw ValidationError("\(error)")
    }
    let printsPort = printPort
    try await service.run { port in
      if printsPort { FileHandle.standardOutput.write(Data("\(port)\n".utf8)) }
    }
  }
}
