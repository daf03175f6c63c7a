import CFalconetProcess
@preconcurrency import FalconetLibc
import SystemPackage

/// Starts processes with chosen descriptors, each with a guard that ends it when this process does.
///
/// Safety: C gets arrays of strings that are copied for the call and freed after it.
/// `environ` is read without a lock, as every C program does: a program that changes its
/// environment does so before it starts a server.
package enum ProcessSpawner {
  /// Descriptors of this process that are to become a child's lie at or above this number, so that
  /// placing one in the child never overwrites another.
  static let firstFreeDescriptor: Int32 = 16

  /// Starts `command`, its program looked up in PATH, in a process group of its own, with default
  /// signal handling and nothing blocked.
  ///
  /// - Parameters:
  ///   - command: the program and its arguments.
  ///   - descriptors: what the child finds at 1, 2, 3 and so on; 0 is the null device, and nothing
  ///     else is open.
  ///   - environment: set in the child's environment, above this process's own.
  ///   - missing: what the system is taken not to have.
  /// - Returns: the process's id, which is its group's too, and what ends it with this process.
  package static func spawn(
    _ command: [String], descriptors: [FileDescriptor],
    environment: [(name: String, value: String)],
    without missing: MissingMeans = []
  ) throws(ProcessStartError) -> (id: pid_t, guardian: ProcessGuard) {
    guard let program = command.first, !program.isEmpty else {
      throw ProcessStartError(.emptyCommand, program: "")
    }
    let paths = paths(of: program) + [nil]
    let arguments = command.map { $0.withFileName { strdup($0) } } + [nil]
    let variables = childEnvironment(environment) + [nil]
    defer { for string in paths + arguments + variables { free(string) } }
    var family = falconet_family()
    let failure = paths.withUnsafeBufferPointer { paths in
      arguments.withUnsafeBufferPointer { arguments in
        variables.withUnsafeBufferPointer { variables in
          descriptors.map(\.rawValue).withUnsafeBufferPointer { descriptors in
            var child = falconet_child(
              paths: paths.baseAddress, arguments: arguments.baseAddress,
              environment: variables.baseAddress, descriptors: descriptors.baseAddress,
              count: Int32(descriptors.count), without: missing.rawValue)
            return falconet_start_family(&child, &family)
          }
        }
      }
    }
    switch failure {
    case 0: return (family.child, ProcessGuard(family))
    case ENOENT, ENOTDIR: throw ProcessStartError(.notFound, program: program)
    case EACCES, ENOEXEC, EISDIR: throw ProcessStartError(.notExecutable, program: program)
    default: throw ProcessStartError(.system(Errno(rawValue: failure)), program: program)
    }
  }

  /// What a system may not have to guard a child with; each has a next best way.
  package struct MissingMeans: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Files in memory that can be executed.
    package static let guardProgram = MissingMeans(rawValue: UInt32(falconet_no_guard_program))
    /// Descriptors of processes.
    package static let processDescriptor = MissingMeans(
      rawValue: UInt32(falconet_no_process_descriptor))
    /// A call that closes all descriptors of a range.
    package static let closeRange = MissingMeans(rawValue: UInt32(falconet_no_close_range))
  }

  /// The paths at which a program may lie, as strings that the caller frees.
  private static func paths(of program: String) -> [UnsafeMutablePointer<CChar>?] {
    let name = program.fileNameBytes
    guard !name.contains(UInt8(ascii: "/")) else { return [copy(name)] }
    let search = getenv("PATH").map { String(fileName: $0) } ?? "/bin:/usr/bin"
    return search.fileNameBytes.split(
      separator: UInt8(ascii: ":"), omittingEmptySubsequences: false
    )
    .map { copy(($0.isEmpty ? [UInt8(ascii: ".")] : Array($0)) + [UInt8(ascii: "/")] + name) }
  }

  private static func copy(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
    (bytes + [0]).withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { strdup($0.baseAddress.unsafelyUnwrapped) }
    }
  }

  /// This process's environment with `additions` in place of what it has under their names, as
  /// strings that the caller frees.
  private static func childEnvironment(
    _ additions: [(name: String, value: String)]
  ) -> [UnsafeMutablePointer<CChar>?] {
    let prefixes = additions.map { "\($0.name)=" }
    var strings = additions.map { strdup("\($0.name)=\($0.value)") }
    var position = 0
    while let variable = environ[position] {
      position += 1
      // Compared as bytes: a variable need not be valid text.
      let isReplaced = prefixes.contains { strncmp(variable, $0, $0.utf8.count) == 0 }
      if !isReplaced { strings.append(strdup(variable)) }
    }
    return strings
  }
}
