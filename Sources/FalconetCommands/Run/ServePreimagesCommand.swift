import ArgumentParser
import FalconetLibc
import FalconetMachine
import FalconetOracle
import FalconetStreams
import Keccak
import SystemPackage

/// A host for another VM: what `--shadow` gives it.
struct ServePreimagesCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "serve-preimages", usage: "<directory>",
    abstract: "Serve the pre-images of a directory on descriptors 3 to 6, as a host does.",
    examples: ["falconet run state.bin.gz -- falconet serve-preimages preimages"],
    shouldDisplay: false)

  @Argument(
    help: ArgumentHelp("Directory in which a host stored pre-images.", valueName: "directory"),
    completion: .directory)
  var folder: String

  @Option(
    help: ArgumentHelp(
      "File to which hints are written as they come, each with its length in 4 bytes in front.",
      valueName: "file"),
    completion: .file())
  var recordHints: String?

  private static let hints: (requests: Int32, answers: Int32) = (3, 4)
  private static let keys: (requests: Int32, answers: Int32) = (5, 6)

  func run() throws {
    let oracle: DirectoryOracle
    do throws(PreimageError) { oracle = try DirectoryOracle(path: folder) } catch {
      throw CommandError("\(error)")
    }
    let record = try recordHints.map { path throws(CommandError) in try Self.open(path) }
    var polled = [
      pollfd(fd: Self.hints.requests, events: Int16(POLLIN), revents: 0),
      pollfd(fd: Self.keys.requests, events: Int16(POLLIN), revents: 0),
      pollfd(fd: Interruption.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      guard poll(&polled, nfds_t(polled.count), -1) > 0 || errno == EINTR else {
        throw CommandError("descriptors 3 to 6 are not a VM's: start this as its pre-image server")
      }
      if Interruption.isRequested { throw CommandError.interrupted }
      // Hints first: a VM writes one before the key that it is for.
      if polled[0].revents != 0, try !takeHint(record) { polled[0].fd = -1 }
      if polled[1].revents != 0, try !answer(oracle) { return }
    }
  }

  /// A file to append to: a server that is started again goes on with it.
  private static func open(_ path: String) throws(CommandError) -> SystemPackage.FileDescriptor {
    do {
      return try SystemPackage.FileDescriptor.open(
        FilePath(fileName: path), .writeOnly, options: [.create, .append, .closeOnExec],
        permissions: [.ownerReadWrite])
    } catch { throw CommandError("\(path): \(error)") }
  }

  /// - Returns: false if the VM has closed its end.
  private func takeHint(_ record: SystemPackage.FileDescriptor?) throws(CommandError) -> Bool {
    guard let head = try read(4, Self.hints.requests) else { return false }
    if let record { try write(head, record.rawValue) }
    var left = Int(head.bigEndian)
    while left > 0 {
      guard let part = try read(min(left, 65536), Self.hints.requests) else { return false }
      if let record { try write(part, record.rawValue) }
      left -= part.count
    }
    try write([0], Self.hints.answers)
    return true
  }

  /// - Returns: false if the VM has closed its end.
  private func answer(_ oracle: DirectoryOracle) throws(CommandError) -> Bool {
    guard let bytes = try read(32, Self.keys.requests), let key = Bytes32(bytes) else {
      return false
    }
    let data: [UInt8]
    do throws(PreimageError) { data = try oracle.preimage(for: key) } catch {
      throw CommandError("\(error)")
    }
    try write((0..<8).map { UInt8(truncatingIfNeeded: data.count >> (56 - 8 * $0)) } + data, 6)
    return true
  }

  /// - Returns: nil at the end.
  private func read(_ count: Int, _ descriptor: Int32) throws(CommandError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let moved = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress! + done, count - done)
      }
      if moved == 0 { return nil }
      if moved > 0 { done += moved } else { try check(descriptor) }
    }
    return bytes
  }

  private func write(_ bytes: [UInt8], _ descriptor: Int32) throws(CommandError) {
    var done = 0
    while done < bytes.count {
      let moved = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + done, bytes.count - done)
      }
      if moved >= 0 { done += moved } else { try check(descriptor) }
    }
  }

  /// Throws unless the call that failed can be tried again.
  private func check(_ descriptor: Int32) throws(CommandError) {
    let failure = errno
    if Interruption.isRequested { throw .interrupted }
    guard failure == EINTR else {
      throw CommandError("descriptor \(descriptor): \(String(cString: strerror(failure)))")
    }
  }
}
