internal import FalconetMachine

/// A version of the VM: the semantics of its steps, and the layout of its state.
///
/// Later releases of Falconet may know more versions.
public struct StateVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
  let value: FalconetMachine.StateVersion

  init(_ value: FalconetMachine.StateVersion) { self.value = value }

  /// The version of a number (`"8"`, byte 0 of a binary snapshot) or of a name (`"multithreaded64-5"`), or nil.
  public init?(_ text: String) {
    guard let value = FalconetMachine.StateVersion(named: text) else { return nil }
    self.value = value
  }

  /// All versions, oldest first.
  public static let all = FalconetMachine.StateVersion.allCases.map { StateVersion($0) }

  /// The newest version.
  public static var newest: StateVersion { all[all.count - 1] }

  /// The number: byte 0 of a binary snapshot.
  public var number: UInt8 { value.rawValue }

  /// Cannon's name, such as `multithreaded64-5`.
  public var name: String { value.name }

  /// Bits of a register and of an address: 32 or 64.
  public var wordBits: Int { value.wordSize.bytes * 8 }

  /// The version's revisions, newest first. At least one.
  public var revisions: [Revision] { value.revisions.map { Revision($0) } }

  /// The number and the name.
  public var description: String { "\(number) (\(name))" }

  /// Whether a version is older than another.
  public static func < (left: StateVersion, right: StateVersion) -> Bool {
    left.value < right.value
  }
}

/// Semantics inside a state version that changed without a new version.
public struct Revision: Equatable, Sendable, CustomStringConvertible {
  let value: FalconetMachine.Revision

  init(_ value: FalconetMachine.Revision) { self.value = value }

  /// The state version that it belongs to.
  public var stateVersion: StateVersion { StateVersion(value.version) }

  /// All its names, the one that files record first: contract versions, and dates of the change.
  public var names: [String] { value.names }

  /// What sets it apart from the other revisions of the version; empty if there are none.
  public var summary: String { value.note }

  /// The state version and the revision.
  public var description: String { value.description }
}
