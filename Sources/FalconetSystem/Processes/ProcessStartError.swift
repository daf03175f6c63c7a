import SystemPackage

/// Why a program could not be started.
package struct ProcessStartError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What failed.
  package enum Kind: Sendable, Equatable {
    /// The command has no words.
    case emptyCommand
    /// There is no such program, in PATH if its name has no slash.
    case notFound
    /// The program may not be executed, or is no program.
    case notExecutable
    /// The system refused something else: pipes, a thread, or the process.
    case system(Errno)
  }

  package var kind: Kind
  /// The program's name as it was given; empty if there is none.
  package var program: String

  package init(_ kind: Kind, program: String) {
    self.kind = kind
    self.program = program
  }

  /// The rest of a sentence that begins with what the program is for.
  package var description: String {
    let shown = "\"\(program)\""
    return switch kind {
    case .emptyCommand: "has no command: name a program"
    case .notFound where program.utf8.contains(UInt8(ascii: "/")):
      "\(shown) does not exist: check its path"
    case .notFound: "\(shown) is not in PATH: give its path, or add its directory to PATH"
    case .notExecutable: "\(shown) cannot be executed: check that it is a program and its mode"
    case .system(let errno): "\(shown) cannot be started: \(errno)\(Self.remedy(errno))"
    }
  }

  /// What to do about a limit of the system.
  private static func remedy(_ errno: Errno) -> String {
    switch errno {
    case .tooManyOpenFiles, .tooManyOpenFilesInSystem:
      ": raise the limit of open files (ulimit -n)"
    case .resourceTemporarilyUnavailable:
      ": raise the limit of processes (ulimit -u, pids.max, TasksMax)"
    default: ""
    }
  }
}
