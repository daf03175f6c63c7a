import Falconet
import Foundation

/// A second execution by another program that has Cannon's command line.
struct VMConfirmation {
  private let directory: String
  private let game: Game
  private let trace: Trace
  private let options: Configuration.Confirmation
  private let cancellation: Cancellation
  private let isStopping: () -> Bool

  init(
    _ service: Service, _ game: Game, _ trace: Trace, _ options: Configuration.Confirmation,
    _ cancellation: Cancellation
  ) {
    directory = "\(service.scratch)/confirm-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    (self.game, self.trace, self.options) = (game, trace, options)
    self.cancellation = cancellation
    isStopping = { service.confirmations.isStopping }
  }

  /// What differs; nil if nothing does.
  func difference(at index: UInt64) throws -> String? {
    try Files.make(directory: directory)
    defer { Files.remove(directory) }
    let stretch = UInt64(options.steps)
    let from = index > stretch ? index - stretch : 0
    let input = directory + "/state.bin.gz"
    _ = try trace.saveState(after: from, to: input, format: .bin, cancellation: cancellation)
    try run(arguments(index, input))
    let path = directory + "/\(index).json"
    let proof: Proof
    do { proof = try Proof(contentsOf: path) } catch {
      throw ServiceError.conflict("vm-failed", "the VM wrote no proof: \(error)")
    }
    let claim = try trace.claims(at: [index], cancellation: cancellation)[0]
    return StepConfirmation.compare(proof.post, with: claim, from)
  }

  private func arguments(_ index: UInt64, _ input: String) -> [String] {
    var words = [
      "run", "--input", input, "--output", directory + "/out.bin.gz", "--meta", "",
      "--info-at", "never", "--snapshot-at", "never", "--proof-at", "=\(index)",
      "--proof-fmt", directory + "/%d.json", "--stop-at", "=\(index + 1)",
    ]
    if case .directory(let path) = game.record.preimages, !options.server.isEmpty {
      words +=
        ["--"] + options.server.map { $0.replacingOccurrences(of: "{directory}", with: path) }
    }
    return words
  }

  private func run(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = options.vm + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let log = directory + "/log"
    try Files.write([], to: log)
    process.standardError = FileHandle(forWritingAtPath: log)
    try process.run()
    let end = ContinuousClock.now + options.timeout
    while process.isRunning {
      usleep(20_000)
      if isStopping() || ContinuousClock.now > end {
        process.terminate()
        usleep(200_000)
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        throw ServiceError.conflict("vm-slow", "the VM did not end within \(options.timeout)")
      }
    }
    guard process.terminationStatus == 0 else {
      let text = String(decoding: (Files.read(log) ?? []).suffix(500), as: UTF8.self)
      throw ServiceError.conflict(
        "vm-failed", "the VM ended with status \(process.terminationStatus): \(text)")
    }
  }
}
