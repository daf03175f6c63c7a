/// The control groups that limit the memory of this process, of version 1 and version 2.
package enum MemoryGroup {
  /// Numbers from here on mean that there is no limit.
  private static let unlimited: UInt64 = 1 << 60

  /// The least limit of the groups that the process is in and of all groups above them; nil if none
  /// has any.
  ///
  /// - Parameters:
  ///   - root: the root directory of the file systems of control groups.
  ///   - membership: the file that names the groups. Without it, the topmost groups alone count,
  ///     which in a container are its own.
  package static func limit(
    root: String = "/sys/fs/cgroup", membership: String = "/proc/self/cgroup"
  ) -> UInt64? {
    var files = [root + "/memory.max", root + "/memory/memory.limit_in_bytes"]
    for line in lines(membership) {
      // Number, controllers, path: version 2 has the number 0 and no controllers.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      if parts[0] == "0", parts[1].isEmpty {
        for path in chain(parts[2]) {
          files.append("\(root)\(path)/memory.max")
          files.append("\(root)/unified\(path)/memory.max")
        }
      } else if parts[1].split(separator: ",").contains("memory") {
        for path in chain(parts[2]) { files.append("\(root)/memory\(path)/memory.limit_in_bytes") }
      }
    }
    return files.compactMap(number).filter { $0 < unlimited }.min()
  }

  /// A group's path and those of the groups above it, without the root.
  private static func chain(_ path: Substring) -> [String] {
    // A process that was moved out of its namespace has a path with dots.
    let names = path.split(separator: "/").filter { $0 != ".." && $0 != "." }
    return (0..<names.count).map { "/" + names[0...$0].joined(separator: "/") }
  }

  private static func lines(_ path: String) -> [Substring] {
    guard let source = try? FileSource(path: path),
      let bytes = try? ByteReader(source).readAll(limit: 1 << 20)
    else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }

  /// The number in a file; nil if there is none, such as `max`.
  private static func number(_ path: String) -> UInt64? { lines(path).first.flatMap { UInt64($0) } }
}
