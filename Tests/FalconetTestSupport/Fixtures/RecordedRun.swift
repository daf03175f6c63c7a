import FalconetMachine
import Glibc

/// A guest and the state version that a run of it was recorded with.
package struct RecordedRun: Sendable, CustomStringConvertible {
  package var version: StateVersion
  package var guest: String

  package init(version: StateVersion, guest: String) {
    self.version = version
    self.guest = guest
  }

  package var description: String { "version \(version.rawValue), \(guest)" }
}

extension Fixtures {
  /// The runs whose guests the archive holds; with `FALCONET_GUESTS` set, the large benchmarks too.
  package static let recordedRuns: [RecordedRun] = StateVersion.allCases.flatMap { version in
    guests(of: version).map { RecordedRun(version: version, guest: $0) }
  }

  private static func guests(of version: StateVersion) -> [String] {
    var guests = ["hello", "abort", "oracle"]
    if !version.isSingleThreaded { guests.append("threads") }
    if [.v2, .v5, .v8].contains(version) { guests.append("oracle-invalid") }
    if version == .v8 {
      guests.append("entropy")
      if getenv("FALCONET_GUESTS") != nil { guests += ["compute", "heap"] }
    }
    return guests
  }

  /// The runs of guests that are not Go's, as the plain step was when `Scripts/guest-fixtures.sh` made
  /// them.
  package static let toolchainRuns: [RecordedRun] = [StateVersion.v3, .v4, .v6, .v7, .v8].flatMap {
    version in
    [
      "c-kona-like", "c-kona-like-invalid", "c-kona-like-panic", "c-op-like", "c-small",
      "c-shapes", "rust-small",
    ].map {
      RecordedRun(version: version, guest: $0)
    }
  }

  /// The runs that proofs were recorded of.
  package static let recordedProofs: [RecordedRun] = recordedRuns.filter {
    ["hello", "oracle", "threads", "entropy"].contains($0.guest)
  }
}

/// Whether tests take their time: `FALCONET_LONG=1`.
package let isLongRun = getenv("FALCONET_LONG").map { String(cString: $0) == "1" } ?? false
