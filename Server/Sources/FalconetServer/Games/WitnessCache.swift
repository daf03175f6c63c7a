import Falconet
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The witnesses of snapshots that were asked for, by their files as they were then.
final class WitnessCache: Sendable {
  private static let countLimit = 1000
  private let known = Mutex<[String: JSON]>([:])

  /// The witness of a file, if it was asked for before and has not changed.
  func known(_ path: String) -> JSON? {
    guard let stamp = FileStamp(path) else { return nil }
    return known.withLock { $0["\(path) \(stamp)"] }
  }

  /// Reads a snapshot. For a thread that may block.
  func read(_ path: String) throws(ServiceError) -> JSON {
    let stamp = FileStamp(path)
    let machine: Machine
    do throws(FalconetError) { machine = try Machine(contentsOf: path) } catch {
      throw ServiceError(error)
    }
    let json = JSON.object([
      "stateVersion": .count(UInt64(machine.revision.stateVersion.number)),
      "witnessHash": .string(machine.claim().description),
      "witness": .string("0x" + hex(machine.witness())), "step": .count(machine.step),
      "exited": .bool(machine.exitCode != nil),
      "exitCode": .count(UInt64(machine.exitCode ?? 0)),
    ])
    // A file that was written meanwhile is read again next time.
    if let stamp, stamp == FileStamp(path) {
      known.withLock {
        if $0.count >= Self.countLimit { $0 = [:] }
        $0["\(path) \(stamp)"] = json
      }
    }
    return json
  }
}

/// What changes whenever a file does.
struct FileStamp: Equatable, CustomStringConvertible {
  let description: String

  /// Nil if the file is not there.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    #if canImport(Glibc)
      let time = status.st_mtim
    #else
      let time = status.st_mtimespec
    #endif
    description =
      "\(status.st_dev)/\(status.st_ino)/\(status.st_size)/\(time.tv_sec).\(time.tv_nsec)"
  }
}
