// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetLibc
import FalconetMachine

/// The names of revisions as strings that live as long as the process.
///
/// Safety: never written after they are made, never freed.
private struct RevisionNames: @unchecked Sendable {
  static let shared = RevisionNames()
  private let names: [[UnsafePointer<CChar>?]]

  private init() {
    names = StateVersion.allCases.map { $0.revisions.map { UnsafePointer(strdup($0.name)) } }
  }

  subscript(version: StateVersion, position: Int) -> UnsafePointer<CChar>? {
    let names = names[Int(version.rawValue)]
    return names.indices.contains(position) ? names[position] : nil
  }
}

@c @implementation
public func falconet_revision_name(_ version: UInt32, _ position: Int) -> UnsafePointer<CChar>? {
  guard let version = try? Argument.version(version) else { return nil }
  return RevisionNames.shared[version, position]
}

@c @implementation
public func falconet_machine_set_revision(
  _ machine: OpaquePointer?, _ revision: UnsafePointer<CChar>?
) -> falconet_status {
  call { () throws(CallError) in
    let name = revision == nil ? nil : try Argument.text(revision, "revision")
    try MachineHandle.use(machine) { (machine) throws(CallError) in
      let version = machine.machine.version
      let revision = name.map { version.revision(named: $0) } ?? version.newestRevision
      guard let revision else {
        throw CallError(
          FALCONET_NOT_FOUND, RevisionError.unknown(name: name ?? "", version: version).description)
      }
      machine.machine.revision = revision
    }
  }
}

@c @implementation
public func falconet_machine_revision(
  _ machine: OpaquePointer?, _ revision: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> falconet_status {
  call { () throws(CallError) in
    let result = try Argument.pointer(revision, "revision")
    result.pointee = try MachineHandle.look(machine) { machine in
      let revision = machine.machine.revision
      let position = revision.version.revisions.firstIndex(of: revision) ?? 0
      return RevisionNames.shared[revision.version, position]
    }
  }
}

extension Argument {
  /// The revisions of a name, of one version or of any; nil if no name is given.
  static func revisions(
    _ name: UnsafePointer<CChar>?, of version: StateVersion?
  ) throws(CallError) -> [Revision]? {
    guard name != nil else { return nil }
    let name = try text(name, "revision")
    let versions = version.map { [$0] } ?? StateVersion.allCases
    let revisions = versions.compactMap { $0.revision(named: name) }
    guard !revisions.isEmpty else {
      throw CallError(FALCONET_NOT_FOUND, "no state version has a revision \"\(name)\"")
    }
    return revisions
  }
}
