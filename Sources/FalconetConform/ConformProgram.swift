import CFPVM
import FalconetForeignVM

/// A program that the VM under test executes, and the pre-images that it may read.
package struct ConformProgram: Sendable {
  package var name: String
  package var bytes: [UInt8]
  package var preimages: [[UInt8]: [UInt8]]

  package init(name: String, bytes: [UInt8], preimages: [[UInt8]: [UInt8]] = [:]) {
    self.name = name
    self.bytes = bytes
    self.preimages = preimages
  }
}

/// What came out of a run, beside its states.
struct RunTrail: Equatable, Sendable {
  /// The bytes of each stream.
  var output: [UInt32: [UInt8]] = [:]
  var hints: [[UInt8]] = []
}

/// A host that gives the pre-images of a program and records what it gets.
final class RecordingHost {
  private let program: ConformProgram
  private(set) var trail = RunTrail()
  private(set) var keys: [[UInt8]] = []
  /// Keys that were asked for and not found.
  private(set) var missing: [[UInt8]] = []

  init(_ program: ConformProgram) { self.program = program }

  var host: ForeignHost {
    var host = ForeignHost()
    host.preimage = { [self] key in
      keys.append(key)
      guard let bytes = program.preimages[key] else {
        missing.append(key)
        return .missing
      }
      return .bytes(bytes)
    }
    host.hint = { [self] hint in
      trail.hints.append(hint)
      return .goOn
    }
    host.output = { [self] stream, bytes in trail.output[stream, default: []] += bytes }
    return host
  }
}

/// What a program does, from one run to its end or to the limit.
struct ReferenceRun {
  var trail: RunTrail
  /// The steps at which the program exits, or at which the run stopped.
  var end: UInt64
  var stop: ForeignMachine.Stop
  var info: ForeignMachine.Info
  var claim: [UInt8]
  /// Steps to look at, ascending, all below the end.
  var samples: [UInt64]
  /// The claims before those steps.
  var claims: [UInt64: [UInt8]]
}
