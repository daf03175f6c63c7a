import FalconetLibc
import SystemPackage

/// A process in the name of a file that it is about to finish: which process, and of which system.
///
/// `PID-START-PLACE`: the number, and in hexadecimal the moment of its start in the system's ticks,
/// and a hash of the system's start and of what the numbers count in (the PID namespace). START and
/// PLACE are 0 if there is no `/proc` to tell.
package struct ProcessMark: Equatable {
  package var process: pid_t
  package var start: UInt64
  package var place: UInt32

  /// This process's.
  package static var own: ProcessMark {
    let process = getpid()
    return ProcessMark(process: process, start: start(of: process) ?? 0, place: ownPlace)
  }

  package init(process: pid_t, start: UInt64, place: UInt32) {
    (self.process, self.start, self.place) = (process, start, place)
  }

  /// The mark that a text is.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, let process = pid_t(parts[0]), process > 0,
      let start = UInt64(parts[1], radix: 16), let place = UInt32(parts[2], radix: 16)
    else { return nil }
    self.init(process: process, start: start, place: place)
  }

  package var text: String {
    "\(process)-\(String(start, radix: 16))-\(String(place, radix: 16))"
  }

  /// What is known of a process.
  package enum Life {
    case runs
    case isGone
    /// It is another system's, or there is nobody to ask.
    case unknown
  }

  /// Whether the process still runs.
  package var life: Life {
    guard place == Self.ownPlace else { return .unknown }
    if kill(process, 0) != 0, errno == ESRCH { return .isGone }
    guard place != 0, start != 0, let other = Self.start(of: process) else { return .runs }
    // Its number may have become another's.
    return other == start ? .runs : .isGone
  }

  private static let ownPlace: UInt32 = {
    var status = stat()
    guard stat("/proc/self/ns/pid", &status) == 0,
      let boot = contents("/proc/sys/kernel/random/boot_id")
    else { return 0 }
    let hash = (boot + Array("\(status.st_ino)".utf8)).reduce(0x811C_9DC5 as UInt32) {
      ($0 ^ UInt32($1)) &* 0x0100_0193
    }
    return max(hash, 1)
  }()

  /// When a process was started, in ticks.
  private static func start(of process: pid_t) -> UInt64? {
    guard let status = contents("/proc/\(process)/stat"),
      let name = status.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    // After PID (NAME) follow the fields from the third on; the start is the 22nd.
    let fields = status[(name + 1)...].split(separator: UInt8(ascii: " "))
    return fields.count > 19 ? UInt64(String(decoding: fields[19], as: UTF8.self)) : nil
  }

  /// A small file of the system; nil if there is none.
  static func contents(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      return count > 0 ? Array(buffer[..<count]) : nil
    }
  }
}
