import ArgumentParser
import Falconet
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
      """,
    version: "falconet-server \(Library.version)")

  @Option(
    help: ArgumentHelp(
      "Where to listen: HOST:PORT or unix:/PATH (default: 127.0.0.1:7300).", valueName: "address"))
  var listen: String?

  @Option(
    help: ArgumentHelp("Directory of games, prestates and answers.", valueName: "directory"),
    completion: .directory)
  var data: String?

  @Option(
    help: ArgumentHelp("Configuration, in YAML.", valueName: "file"), completion: .file())
  var config: String?

  @Flag(help: "Check the configuration and what it names, and do nothing else.")
  var check = false

  @Flag(help: "Print the port on standard output once connections are taken.")
  var printPort = false

  package init() {}

  package func run() async throws {
    var configuration = Configuration()
    var flags: Set<String> = []
    if let config { try Self.orExit { try configuration.apply(file: config) } }
    if let listen {
      guard let address = ListenAddress(listen) else {
        throw ValidationError("--listen: \(listen) is no address: use HOST:PORT or unix:/PATH")
      }
      configuration.listen = address
      flags.insert("listen")
    }
    if let data {
      configuration.data = data
      flags.insert("data")
    }
    guard !configuration.data.isEmpty else {
      throw ValidationError("--data: name a directory, or set 'data' in the file")
    }
    configuration.data = Files.absolute(configuration.data)
    if check {
      _ = try Self.orExit { try configuration.secret(config) }
      for remark in configuration.remarks { Self.tell("warning: \(remark)") }
      return
    }
    let level = LogLevel(Logger.Level(rawValue: configuration.logLevel) ?? .info)
    let service = try Self.orExit {
      try HTTPService(configuration, file: config, flags: flags, level: level)
    }
    let printsPort = printPort
    do {
      try await service.run { port in
        if printsPort { FileHandle.standardOutput.write(Data("\(port)\n".utf8)) }
      }
    } catch {
      Self.tell("error: \(error)")
      throw ExitCode(1)
    }
  }

  private static func tell(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// What is wrong beyond the command line ends the program with exit code 1, and no word on its use.
  private static func orExit<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch {
      tell("error: \(error)")
      throw ExitCode(1)
    }
  }
}
