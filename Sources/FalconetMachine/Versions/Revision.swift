/// Semantics of a state version at a time: its rules, and what they are known from.
///
/// Cannon and its contracts sometimes change what a step does without a new state version. Each such
/// change is a revision. A version has its revisions newest first, and the newest is the default:
/// see ``StateVersion/revisions``.
///
/// ```swift
/// let older = try Revision.chosen(named: "1.9.0", for: state)
/// let machine = Machine(state: state, memory: memory, revision: older)
/// ```
package struct Revision: Sendable, Equatable {
  /// What a revision's rules are known from.
  package enum Evidence: String, Sendable {
    /// Cannon or the contract was executed, and its results were compared.
    case execution
    /// Cannon's or the contract's source was read.
    case source
    /// Nothing but what a review of the change says.
    case review
  }

  package let version: StateVersion
  /// The name that files and messages give: a contract version, or the month of the change.
  package let name: String
  /// Other names of the same rules: later contract versions, the day of the change.
  package let otherNames: [String]
  package let rules: Rules
  /// What sets it apart from the version's newest revision; of that one, from the revision before;
  /// empty if it is the only one.
  package let note: String
  package let evidence: Evidence

  init(
    _ version: StateVersion, _ name: String, _ otherNames: [String] = [], rules: Rules,
    note: String = "", evidence: Evidence = .execution
  ) {
    self.version = version
    self.name = name
    self.otherNames = otherNames
    self.rules = rules
    self.note = note
    self.evidence = evidence
  }

  /// All names, the own one first.
  package var names: [String] { [name] + otherNames }

  /// Whether it is its version's default.
  package var isNewest: Bool { version.newestRevision.name == name }

  /// Whether its version has other revisions, so that it is worth naming.
  package var hasSiblings: Bool { version.revisions.count > 1 }

  package static func == (left: Revision, right: Revision) -> Bool {
    left.version == right.version && left.name == right.name
  }
}

extension Revision: CustomStringConvertible {
  /// `version 8 (multithreaded64-5), revision 1.8.0`; without the revision if it is the only one.
  package var description: String {
    "version \(version.rawValue) (\(version.name))" + (hasSiblings ? ", revision \(name)" : "")
  }
}

/// Why a revision cannot be used.
package enum RevisionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The version has no revision of the name.
  case unknown(name: String, version: StateVersion)
  /// A state records a revision that is not known, and nobody chose another.
  case unknownInState(name: String, version: StateVersion)

  package var description: String {
    switch self {
    case .unknown(let name, let version):
      "state version \(version.rawValue) has no revision \"\(name)\": it has "
        + version.revisions.map { $0.names.joined(separator: " = ") }.joined(separator: ", ")
    case .unknownInState(let name, let version):
      "the state was executed by revision \"\(name)\" of state version \(version.rawValue), which"
        + " this release does not know: choose a revision, or use a newer release"
    }
  }
}

extension StateVersion {
  /// The revision that is used if none is chosen.
  package var newestRevision: Revision { revisions[0] }

  /// The revision of a name, or nil.
  package func revision(named name: String) -> Revision? {
    revisions.first { $0.names.contains(name) }
  }
}

extension Revision {
  /// The revision that steps from a state are executed by: the one that is named, or the one that
  /// the state records, or its version's newest.
  ///
  /// A state is valid in every revision of its version, so that whoever names one may go on from
  /// any state of the version.
  ///
  /// - Parameter name: a contract version or date; nil if nobody chose.
  /// - Throws: ``RevisionError``.
  package static func chosen(
    named name: String? = nil, for state: MachineState
  ) throws(RevisionError) -> Revision {
    let version = state.version
    if let name {
      guard let revision = version.revision(named: name) else {
        throw .unknown(name: name, version: version)
      }
      return revision
    }
    guard let recorded = state.revision else { return version.newestRevision }
    guard let revision = version.revision(named: recorded) else {
      throw .unknownInState(name: recorded, version: version)
    }
    return revision
  }
}
