import FalconetOracle
import FalconetSystem
import FalconetTestSupport
import Glibc
import SystemPackage

/// Whether process `id` is a child of this one that nobody has waited for.
func isUnreapedChild(_ id: pid_t) -> Bool {
  var info = siginfo_t()
  return waitid(P_PID, id_t(id), &info, WEXITED | WNOHANG | WNOWAIT) == 0
}

/// Whether process `id` runs; one that waits to be reaped by the system's first process doesn't.
func isRunning(_ id: pid_t) -> Bool {
  guard let status = TemporaryFolder.contents("/proc/\(id)/stat") else { return false }
  // PID (NAME) STATE …, where the name may hold anything.
  let state = status.suffix(from: (status.lastIndex(of: UInt8(ascii: ")")) ?? 0) + 2).first
  return state != UInt8(ascii: "Z") && state != UInt8(ascii: "X")
}

/// The number of entries of a folder of /proc.
func count(in folder: String) -> Int {
  var count = 0
  try? DirectoryListing.forEachName(in: FilePath(folder)) { _ in
    count += 1
    return true
  }
  return count
}

func pause(_ time: Duration) {
  let (seconds, attoseconds) = time.components
  usleep(useconds_t(seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
}
