@preconcurrency import Glibc
import SystemPackage

/// Starts processes with chosen descriptors.
///
/// The unsafe part is C's: argument and environment arrays of strings that are copied for the call
/// and freed after it, and the opaque structures of `posix_spawn`, which are made and destroyed
/// here. `environ` is read without a lock, as every C program does: a program that changes its
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
  /// - Returns: the process's id, which is its group's too.
  package static func spawn(
    _ command: [String], descriptors: [FileDescriptor], environment: [(name: String, value: String)]
  ) throws(ServerStartError) -> pid_t {
    guard let program = command.first, !program.isEmpty else {
      throw ServerStartError(.emptyCommand, program: "")
    }
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    var number: Int32 = 1
    for descriptor in descriptors {
      posix_spawn_file_actions_adddup2(&actions, descriptor.rawValue, number)
      number += 1
    }
    closeRest(&actions, from: number)

    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var arguments = command.map { strdup($0) } + [nil]
    var variables = childEnvironment(environment) + [nil]
    defer { for string in arguments + variables { free(string) } }
    var process: pid_t = 0
    let result = posix_spawnp(&process, program, &actions, &attributes, &arguments, &variables)
    switch result {
    case 0: return process
    case ENOENT, ENOTDIR: throw ServerStartError(.notFound, program: program)
    case EACCES, ENOEXEC, EISDIR: throw ServerStartError(.notExecutable, program: program)
    default: throw ServerStartError(.system(Errno(rawValue: result)), program: program)
    }
  }

  /// Has the child close all descriptors from `first` on.
  ///
  /// The function came with glibc 2.34 and is hidden from Swift's view of the header, so it is
  /// looked up by name. An older library keeps what was opened without close-on-exec.
  private static func closeRest(_ actions: inout posix_spawn_file_actions_t, from first: Int32) {
    typealias AddCloseFrom =
      @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
    guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { return }
    _ = unsafeBitCast(symbol, to: AddCloseFrom.self)(&actions, first)
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
