import FalconetStreams
import FalconetTestSupport
import Testing

/// Memory limits of control groups, from made-up directories.
@Suite struct MemoryGroupTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func limit(_ membership: String) throws -> UInt64? {
    try folder.write(membership, to: "membership")
    return MemoryGroup.limit(root: folder.path, membership: folder.file("membership"))
  }

  private func make(_ path: String, _ file: String, _ value: String) throws {
    var sofar = ""
    for name in path.split(separator: "/") {
      sofar += (sofar.isEmpty ? "" : "/") + name
      if TemporaryFolder.names(in: folder.file(sofar)).isEmpty { folder.makeFolder(sofar) }
    }
    try folder.write(value + "\n", to: (path.isEmpty ? "" : path + "/") + file)
  }

  @Test func `version 2: the least of the group and of all above it`() throws {
    try make("a", "memory.max", "max")
    try make("a/b", "memory.max", "3000000")
    try make("a/b/c", "memory.max", "5000000")
    #expect(try limit("0::/a/b/c\n") == 3_000_000)
    #expect(try limit("0::/a/b\n") == 3_000_000)
    #expect(try limit("0::/a\n") == nil)
    #expect(try limit("0::/\n") == nil)
    try make("", "memory.max", "1000000")
    #expect(try limit("0::/a/b/c\n") == 1_000_000)
    // A container's process has no path of its own, or one that is not there.
    #expect(try limit("0::/\n") == 1_000_000)
    #expect(try limit("0::/../../elsewhere\n") == 1_000_000)
  }

  @Test func `version 1: the groups of the controller memory alone`() throws {
    try make("memory/x/y", "memory.limit_in_bytes", "9223372036854771712")
    try make("memory/x", "memory.limit_in_bytes", "700000")
    try make("memory/z", "memory.limit_in_bytes", "5")
    #expect(try limit("9:pids:/z\n4:cpu,memory:/x/y\n0::/\n") == 700_000)
    #expect(try limit("4:memory:/\n") == nil)
    #expect(try limit("4:memory:/x:y\n") == nil)
    try make("memory", "memory.limit_in_bytes", "600000")
    #expect(try limit("4:memory:/x\n") == 600_000)
  }

  @Test func `nothing that can be read is no limit, and the topmost group counts without a list`()
    throws
  {
    #expect(MemoryGroup.limit(root: "/nowhere", membership: "/nowhere/cgroup") == nil)
    try make("", "memory.max", "garbage")
    #expect(try limit("garbage\n0:\n::\n") == nil)
    try make("", "memory.max", "4096")
    #expect(MemoryGroup.limit(root: folder.path, membership: "/nowhere/cgroup") == 4096)
  }
}
