/// Which releases' loader makes a program's prestate. The same ELF file gives another prestate, and
/// another claim, if a loader lays out the stack, the heap or a patch in another way.
///
/// The raw value is the tag of the last release that has the loader.
// An underscore in a name is a dot of the version.
// swift-format-ignore: AlwaysUseLowerCamelCase
package enum LoaderRevision: String, Sendable, CaseIterable {
  case opProgram0_3 = "op-program/v0.3.0"
  case opProgram1_2 = "op-program/v1.2.0"
  case opProgram1_3_1 = "op-program/v1.3.1"
  case cannon1_0 = "cannon/v1.0.0"
  case current = "cannon/v1.6.0"

  /// The loader of a release, by its tag, with or without the `v`: `op-program/v1.1.0`.
  package init?(named name: String) {
    let name = name.replacing("/", with: "/v", when: !name.contains("/v"))
    guard let revision = Self.allCases.first(where: { $0.releases.contains(name) }) else {
      return nil
    }
    self = revision
  }

  /// The tags of the releases that load programs so, oldest first.
  package var releases: [String] {
    switch self {
    case .opProgram0_3:
      ["v0.0.1", "v0.1.0", "v0.2.0", "v0.3.0"].map { "op-program/" + $0 }
    case .opProgram1_2:
      ["v0.3.1", "v1.0.0", "v1.0.1", "v1.1.0", "v1.2.0", "v1.3.0-rc.3", "v1.3.1-rc.1"].map {
        "op-program/" + $0
      } + ["op-contracts/v1.6.0"]
    case .opProgram1_3_1:
      ["v1.3.0-rc.1", "v1.3.0-rc.2", "v1.3.1-rc.2", "v1.3.1"].map { "op-program/" + $0 }
    case .cannon1_0: ["cannon/v1.0.0"]
    case .current:
      ["v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0", "v1.6.0"].map { "cannon/" + $0 }
    }
  }

  package var rules: LoaderRules {
    switch self {
    case .opProgram0_3: .opProgram0_3
    case .opProgram1_2: .opProgram1_2
    case .opProgram1_3_1: .opProgram1_3_1
    case .cannon1_0: .cannon1_0
    case .current: .current
    }
  }
}

extension String {
  fileprivate func replacing(_ text: String, with other: String, when condition: Bool) -> String {
    guard condition, let slash = firstIndex(of: "/") else { return self }
    return self[..<slash] + other + self[index(after: slash)...]
  }
}
