import FalconetLibc
import FalconetMachine
import FalconetSystem

/// gdb, started on the session, with the terminal to itself.
///
/// Safety: C gets strings that are copied for the call and freed after it.
final class DebuggerProcess {
  private let process: pid_t
  private var isReaped = false
  private let script: String

  /// The programs that are looked for.
  private static let names = ["gdb-multiarch", "gdb"]

  /// Commands that gdb does not have: it knows nothing of steps, and caches registers.
  static let commands = """
    define goto
      monitor goto $arg0
      maintenance flush register-cache
      frame
    end
    document goto
    Go to a step: goto STEP, start, end, +N or -N.
    end
    define last-write
      monitor last-write $arg0
      maintenance flush register-cache
      frame
    end
    document last-write
    Go to the last write before this step: last-write ADDRESS or ADDRESS:SIZE.
    end

    """

  /// - Parameters:
  ///   - address: what it connects to.
  ///   - elf: the path of the guest's program; empty for none.
  init(_ address: String, _ wordSize: WordSize, elf: String) throws(CommandError) {
    script = try Self.write(Self.commands)
    // gdb knows both from the program, if it has it.
    let form = ["set endian big", "set mips abi \(wordSize == .bits64 ? "n64" : "o32")"]
    var arguments = ["-q", "-x", script]
    for command in form + ["target remote \(address)"] { arguments += ["-ex", command] }
    if !elf.isEmpty { arguments.append(elf) }
    for name in Self.names {
      if let process = Self.spawn([name] + arguments) {
        self.process = process
        // The terminal sends an interrupt to both: it is for gdb, which sends it on.
        signal(SIGINT, SIG_IGN)
        return
      }
    }
    script.withFileName { _ = unlink($0) }
    throw CommandError(
      "neither gdb-multiarch nor gdb can be started: install one, or connect another debugger"
        + " without --exec")
  }

  deinit { script.withFileName { _ = unlink($0) } }

  /// Whether it has ended.
  var hasEnded: Bool {
    if !isReaped, waitpid(process, nil, WNOHANG) == process { isReaped = true }
    return isReaped
  }

  /// The path of a socket for one debugger.
  static var socketName: String { "\(directory)/falconet-debug-\(getpid()).socket" }

  private static var directory: String {
    getenv("TMPDIR").map { String(fileName: $0) } ?? "/tmp"
  }

  private static func write(_ commands: String) throws(CommandError) -> String {
    var name = "\(directory)/falconet-gdb-XXXXXX".withFileName {
      Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
    }
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else {
      throw CommandError("no temporary file can be made in \(directory): check TMPDIR")
    }
    defer { close(descriptor) }
    let path = name.withUnsafeBufferPointer { $0.baseAddress.map { String(fileName: $0) } ?? "" }
    let bytes = Array(commands.utf8)
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
      path.withFileName { _ = unlink($0) }
      throw CommandError("\(path) cannot be written: check the disk")
    }
    return path
  }

  private static func spawn(_ words: [String]) -> pid_t? {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGPIPE, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var pointers = words.map { $0.withFileName { strdup($0) } } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process = pid_t()
    guard posix_spawnp(&process, words[0], nil, &attributes, &pointers, environ) == 0 else {
      return nil
    }
    return process
  }
}
