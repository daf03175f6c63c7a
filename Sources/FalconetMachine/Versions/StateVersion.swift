/// A version of the machine: its semantics, and the layout of its state.
///
/// The raw value is the number in byte 0 of a snapshot. What a version has is data: its row of the
/// version table, the rules of its revisions, and the layouts. No code asks for a version by name.
package enum StateVersion: UInt8, Sendable, CaseIterable, Comparable {
  /// 32-bit, one thread. No F_GETFD, no linking branches.
  case v0
  /// 32-bit, many threads, futexes that block.
  case v1
  /// 32-bit, one thread.
  case v2
  /// 64-bit, many threads, futexes that block and compare 64 bits.
  case v3
  /// 64-bit, many threads, futexes that block.
  case v4
  /// 32-bit, many threads.
  case v5
  /// 64-bit, many threads.
  case v6
  /// As version 6 with `dclz` and `dclo`, Linux's error registers, `eventfd2`, `mprotect`.
  case v7
  /// As version 7 with `getrandom`.
  case v8

  /// The version table, read once: see ``row``.
  private var tableRow: VersionRow {
    typealias Row = VersionRow
    return switch self {
    case .v0:
      Row(
        "singlethreaded", cannon: .v100,
        loaders: [.cannon1_0, .opProgram1_3_1, .opProgram1_2, .opProgram0_3],
        [Revision(self, "1.1.0", ["2024-09"], rules: .v0)])
    case .v1:
      Row(
        "multithreaded", cannon: .v130, loaders: [.current, .cannon1_0],
        [Revision(self, "2025-01", rules: .v1)])
    case .v2:
      Row(
        "singlethreaded-2", cannon: .v140,
        [Revision(self, "1.3.0", ["1.2.1", "2025-02"], rules: .v2)])
    case .v3: Row("multithreaded64", cannon: .v120, [Revision(self, "2024-12", rules: .v3)])
    case .v4: Row("multithreaded64-2", cannon: .v130, [Revision(self, "2025-01", rules: .v4)])
    case .v5:
      Row(
        "multithreaded-2", cannon: .v140, [Revision(self, "1.0.0-beta.29", ["2025-02"], rules: .v5)]
      )
    case .v6:
      Row("multithreaded64-3", cannon: .v140, [Revision(self, "1.0.0", ["2025-02"], rules: .v6)])
    case .v7:
      Row(
        "multithreaded64-4", cannon: .v160,
        [Revision(self, "1.9.0", ["1.8.0", "1.7.0", "1.4.0-patch.2", "2025-06"], rules: .v7)])
    case .v8:
      Row(
        "multithreaded64-5", cannon: .v160,
        [
          Revision(
            self, "2026-06", rules: .v8, note: "prctl (5153) returns 0 and does nothing",
            evidence: .review),
          Revision(
            self, "1.8.0", ["1.9.0", "1.10.0", "1.10.1", "2025-06-24"], rules: .v8Before2026June,
            note: "prctl (5153) stops the VM"),
          Revision(
            self, "1.7.0", ["2025-06-11"], rules: .v8Before1_8,
            note: "prctl (5153) stops the VM; getrandom keeps the reservation", evidence: .source),
        ])
    }
  }

  private static let rows = allCases.map(\.tableRow)
  private static let shapes = rows.map { $0.revisions[0].rules }

  /// The version's row of the version table.
  private var row: VersionRow { Self.rows[Int(rawValue)] }

  /// The rules of the version's newest revision. Outside the machine's `Versions`, only what no
  /// revision changes is read from them: what the layouts and the loader need.
  var shape: Rules { Self.shapes[Int(rawValue)] }

  /// The name that `load-elf --type` takes and that logs give.
  package var name: String { row.name }

  /// The version's revisions, newest first. At least one.
  package var revisions: [Revision] { row.revisions }

  /// The loaders that make prestates of the version; the one of its canonical release is first.
  package var loaders: [LoaderRevision] { row.loaders }

  /// The loader of the version's canonical release.
  package var loader: LoaderRevision { row.loaders[0] }

  /// The release that Cannon's image has for the version.
  package var cannon: CannonRelease { row.cannon }

  /// The newest version.
  package static var newest: StateVersion { allCases[allCases.count - 1] }

  /// The numbers of all versions, in words: from the first one to the last.
  package static var numbers: String { "\(allCases[0].rawValue) to \(newest.rawValue)" }

  /// The version of this name or number (`8` or `multithreaded64-5`), or nil.
  package init?(named text: String) {
    let match = Self.allCases.first { $0.name == text || String($0.rawValue) == text }
    guard let match else { return nil }
    self = match
  }

  /// Where the parts of a program's memory lie.
  package var addressSpace: AddressSpace { wordSize == .bits32 ? .bits32 : .bits64 }

  package static func < (left: StateVersion, right: StateVersion) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// A row of the version table.
private struct VersionRow: Sendable {
  let name: String
  let cannon: CannonRelease
  let loaders: [LoaderRevision]
  let revisions: [Revision]

  init(
    _ name: String, cannon: CannonRelease, loaders: [LoaderRevision] = [.current],
    _ revisions: [Revision]
  ) {
    self.name = name
    self.cannon = cannon
    self.loaders = loaders
    self.revisions = revisions
  }
}

/// A release of Cannon, by the digits of its version. What its files look like besides states depends
/// on it.
package enum CannonRelease: Sendable {
  case v100, v120, v130, v140, v160
}
