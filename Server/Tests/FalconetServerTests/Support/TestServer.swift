import Foundation
import Testing

@testable import FalconetServer

/// A running service with a directory of its own, as users start it.
final class TestServer {
  let directory: String
  let port: Int
  private let process: Process
  private let configuration: String

  /// - Parameters:
  ///   - yaml: what the configuration file says beside the roots.
  ///   - directory: an earlier server's, to start it again.
  init(
    _ yaml: String = "", listen: String = "127.0.0.1:0", directory: String? = nil,
    roots: [String] = []
  ) throws {
    self.directory = directory ?? Fixtures.directory()
    configuration = self.directory + "/server.yaml"
    let roots = ([self.directory + "/files"] + roots).map { "\"\($0)\"" }.joined(separator: ", ")
    try FileManager.default.createDirectory(
      atPath: self.directory + "/files", withIntermediateDirectories: true)
    try "roots: [\(roots)]\n\(yaml)\n".write(
      toFile: configuration, atomically: true, encoding: .utf8)
    process = Process()
    process.executableURL = URL(fileURLWithPath: Fixtures.program)
    process.arguments = [
      "--listen", listen, "--data", self.directory + "/data", "--config", configuration,
      "--print-port",
    ]
    let output = Pipe()
    process.standardOutput = output
    let log = self.directory + "/log"
    if !FileManager.default.fileExists(atPath: log) {
      try Files.write([], to: log)
    }
    let handle = try #require(FileHandle(forWritingAtPath: log))
    handle.seekToEndOfFile()
    process.standardError = handle
    try process.run()
    let line = output.fileHandleForReading.availableData
    port = try #require(
      Int(String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)),
      "the service did not start: \(String(decoding: Files.read(log) ?? [], as: UTF8.self))")
  }

  deinit {
    if process.isRunning { kill() }
    Files.remove(directory)
  }

  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func signal(_ number: Int32) { Foundation.kill(process.processIdentifier, number) }

  /// Ends the service as an operator does.
  ///
  /// - Returns: its exit code.
  func stop() -> Int32 {
    signal(SIGTERM)
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -1
  }

  /// Starts another service, which must end by itself.
  static func run(_ arguments: String...) throws -> (code: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Fixtures.program)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }

  func rewrite(configuration text: String) throws {
    try text.write(toFile: configuration, atomically: true, encoding: .utf8)
    signal(SIGHUP)
  }

  var log: String { String(decoding: Files.read(directory + "/log") ?? [], as: UTF8.self) }

  // MARK: Asking

  func ask(
    _ method: String, _ path: String, _ json: JSON? = nil, headers: [String: String] = [:]
  ) throws -> TestResponse {
    var headers = headers
    if json != nil { headers["content-type"] = "application/json" }
    return try TestConnection(port: port).ask(method, path, headers, json?.bytes ?? [])
  }

  /// Gives a prestate by its path, and opens a game of it.
  func open(_ preimages: JSON, prestate: String = Fixtures.prestate) throws -> String {
    let copy = directory + "/files/" + (prestate as NSString).lastPathComponent
    if !Files.exists(copy) { try FileManager.default.copyItem(atPath: prestate, toPath: copy) }
    let given = try ask("POST", "/v1/prestates", .object(["path": .string(copy)]))
    try #require(given.status == 201, "\(given.text)")
    let game = try ask(
      "POST", "/v1/games",
      .object(["prestate": given.json["claim"], "preimages": preimages]))
    try #require(game.status == 201 || game.status == 200, "\(game.text)")
    return try #require(game.json["game"]?.text(of: String.self))
  }
}

extension JSON {
  func text(of: String.Type) -> String? { if case .string(let text) = self { text } else { nil } }
  var number: UInt64? { if case .count(let value) = self { value } else { nil } }
  var elements: [JSON] { if case .array(let values) = self { values } else { [] } }
}
