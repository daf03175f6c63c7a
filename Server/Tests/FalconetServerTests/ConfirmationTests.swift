import Foundation
import Testing

@testable import FalconetServer

/// A sample of what is answered is executed a second time.
struct ConfirmationTests {
  /// The counts of outcomes, once there are as many as questions were asked.
  private func outcomes(_ yaml: String, _ indices: [UInt64]) throws -> ([String: Int], log: String)
  {
    let server = try TestServer(yaml, roots: [Fixtures.preimages])
    let game = try server.open(Fixtures.directoryPreimages)
    for index in indices {
      #expect(try server.ask("GET", "/v1/games/\(game)/claims/\(index)").status == 200)
    }
    var counts: [String: Int] = [:]
    repeat {
      let text = try server.ask("GET", "/metrics").text
      for match in text.matches(of: /confirmations_total\{outcome="(\w+)"\} (\d+)/) {
        counts[String(match.output.1)] = Int(match.output.2)
      }
    } while counts.values.reduce(0, +) < indices.count
    return (counts, server.log)
  }

  private static let server = "[\"\(Fixtures.falconet)\", serve-preimages, \"{directory}\"]"

  @Test("The plain step confirms each answer if the rate is 1")
  func steps() throws {
    let (counts, _) = try outcomes(
      "confirm: {rate: 1, steps: 50000}", [400_000, 4_705_328, 9_000_000])
    #expect(counts["equal"] == 3)
  }

  @Test("Another VM confirms, with pre-images from a server of its own")
  func vm() throws {
    let (counts, log) = try outcomes(
      "confirm: {rate: 1, steps: 500000, vm: [\"\(Fixtures.falconet)\"], server: \(Self.server)}",
      [400_000, 1_300_000])
    #expect(counts["equal"] == 2, "\(log)")
  }

  @Test("A VM that computes something else is found, and one that fails is no difference")
  func differences() throws {
    let directory = Fixtures.directory()
    defer { Files.remove(directory) }
    let liar = directory + "/liar"
    // It proves a step that was not asked for, under the name of the one that was.
    try Data(
      """
      #!/bin/sh
      format= at=
      while [ $# -gt 0 ]; do
        case $1 in --proof-fmt) format=$2 ;; --proof-at) at=${2#=} ;; --input) input=$2 ;; esac
        shift
      done
      name=$(printf "$format" "$at")
      "\(Fixtures.falconet)" run --input "$input" --output "" --meta "" --proof-at "=$((at - 1))" \
        --proof-fmt "$name.%d" --stop-at "=$at" && mv "$name.$((at - 1))" "$name"
      """.utf8
    ).write(to: URL(fileURLWithPath: liar))
    chmod(liar, 0o755)
    let lies = try outcomes("confirm: {rate: 1, steps: 100, vm: [\"\(liar)\"]}", [4_705_300])
    #expect(lies.0["different"] == 1, "\(lies.log)")
    #expect(lies.log.contains("a second execution differs"))
    let fails = try outcomes("confirm: {rate: 1, vm: [\"false\"]}", [4_705_300])
    #expect(fails.0["failed"] == 1 && fails.0["different"] == 0)
  }
}
