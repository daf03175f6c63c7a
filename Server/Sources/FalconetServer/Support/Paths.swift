import CFalconetServer

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Which paths of requests the service opens: those below the roots of its configuration.
struct PathPolicy: Sendable {
  let roots: [String]

  enum Kind { case file, directory }

  /// The path without links, if it lies below a root and is what it has to be. Nothing else is ever opened for a
  /// request: a pipe or a device could keep a thread for ever.
  func resolve(_ path: String, as kind: Kind) throws(ServiceError) -> String {
    let real = try resolve(path)
    var status = stat()
    let isThere = stat(real, &status) == 0
    let isRight = status.st_mode & S_IFMT == (kind == .file ? S_IFREG : S_IFDIR)
    guard isThere, isRight else {
      throw .badRequest(
        "\(path.prefix(200)) is no \(kind == .file ? "file" : "directory")",
        remedy: "name \(kind == .file ? "a file" : "a directory")")
    }
    return real
  }

  private func resolve(_ path: String) throws(ServiceError) -> String {
    guard path.hasPrefix("/"), !path.utf8.contains(0) else {
      throw .badRequest("\(path.prefix(200)) is no absolute path", remedy: "give one below a root")
    }
    // One answer for what lies elsewhere and for what is not there, so that nobody can look around.
    let refusal = ServiceError.forbidden(
      "the path is not below a root of the configuration, or does not exist",
      remedy: "add its directory to 'roots', or upload the file")
    guard let real = realPath(path) else { throw refusal }
    for root in roots {
      guard let root = realPath(root) else { continue }
      if real == root || real.hasPrefix(root == "/" ? "/" : root + "/") { return real }
    }
    throw refusal
  }
}

/// A path without links; nil if it does not exist.
func realPath(_ path: String) -> String? {
  guard let pointer = realpath(path, nil) else { return nil }
  defer { free(pointer) }
  return String(validatingCString: pointer)
}

/// Whether two secrets are equal, in a time that depends on the length of the first alone.
func isEqualInConstantTime(_ given: [UInt8], _ secret: [UInt8]) -> Bool {
  var difference = given.count ^ secret.count
  for (position, byte) in given.enumerated() {
    difference |= Int(byte ^ (secret.isEmpty ? 0 : secret[position % secret.count]))
  }
  return difference == 0
}

/// Bytes of this process that are in memory.
func residentBytes() -> UInt64 {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var buffer = [UInt8](repeating: 0, count: 128)
  let count = fread(&buffer, 1, buffer.count, file)
  let fields = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ")
  guard fields.count > 1, let pages = UInt64(fields[1]) else { return 0 }
  return pages * UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 0))
}

/// Processors of this machine that the process may use.
func processorCount() -> Int { max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1) }

/// How a thread shares the processors with others.
enum ThreadKind {
  /// It executes steps: whatever has to be done for an answer that is known goes first.
  case executing
  /// It answers what is known, and goes as soon as there is something to do.
  case answering

  /// Makes the calling thread one of the kind. If the system refuses, the thread goes as before.
  func apply() {
    switch self {
    case .executing: _ = falconet_server_schedule(1, 5, 50_000_000)
    case .answering: _ = falconet_server_schedule(0, 0, 100_000)
    }
  }
}

/// A thread that is none of Swift concurrency's: what it does may block.
func startThread(_ body: @escaping @Sendable () -> Void) {
  final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  pthread_attr_setstacksize(&attributes, 8 << 20)
  defer { pthread_attr_destroy(&attributes) }
  #if canImport(Glibc)
    var thread = pthread_t()
  #else
    var thread: pthread_t?
  #endif
  let box = Unmanaged.passRetained(Box(body))
  let status = pthread_create(
    &thread, &attributes,
    { pointer in
      #if canImport(Glibc)
        let pointer = pointer!
      #endif
      Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
      return nil
    }, box.toOpaque())
  precondition(status == 0, "the system gives no thread")
}
