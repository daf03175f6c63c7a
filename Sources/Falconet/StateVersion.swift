internal import FalconetMachine

/// A version of the VM: the semantics of its steps, and the layout of its state.
///
/// ```swift
/// let version = StateVersion("multithreaded64-5")      // or StateVersion("8")
/// ```
///
/// Later releases of Falconet may know more versions.
public struct StateVersion: Hashable, Comparable, CaseIterable, Sendable,
  LosslessStringConvertible
{
  let value: FalconetMachine.StateVersion

  init(_ value: FalconetMachine.StateVersion) { self.value = value }

  /// The version with a name, or with a number in decimal digits; nil if there is none.
  public init?(_ description: String) {
    guard let value = FalconetMachine.StateVersion(named: description) else { return nil }
    self.value = value
  }

  /// All versions, oldest first.
  public static let allCases = FalconetMachine.StateVersion.allCases.map { StateVersion($0) }

  /// The newest version.
  public static let newest = allCases[allCases.count - 1]

  /// The number: byte 0 of a binary snapshot.
  public var number: UInt8 { value.rawValue }

  /// The version's revisions, newest first. There is at least one.
  public var revisions: [Revision] { value.revisions.map { Revision($0) } }

  /// Cannon's name, such as `multithreaded64-5`.
  public var description: String { value.name }

  /// Whether a version is older than another.
  public static func < (left: StateVersion, right: StateVersion) -> Bool {
    left.value < right.value
  }
}

/// Semantics inside a state version that changed without a new version.
///
/// ```swift
/// let revision = StateVersion.newest.revisions.first { $0.names.contains("1.8.0") }
/// ```
public struct Revision: Equatable, Sendable, CustomStringConvertible {
  let value: FalconetMachine.Revision

  init(_ value: FalconetMachine.Revision) { self.value = value }

  /// The state version that the revision belongs to.
  public var stateVersion: StateVersion { StateVersion(value.version) }

  /// All names of the revision: contract versions, and dates of the change. Files record the first.
  public var names: [String] { value.names }

  /// The state version and the revision.
  public var description: String { value.description }
}
