import FalconetOracle
import Glibc
import Testing

/// What a server finds: descriptors, signals, environment, process group.
@Suite struct ServerSurroundingsTests {
  /// The lines that a shell prints that runs `script` in place of a server.
  private func lines(of script: String) throws -> [Substring] {
    let output = Output()
    let server = try ServerOracle(
      command: ["sh", "-c", script], options: .init(grace: .test), onOutput: output.take)
    let report = server.shutdown()
    #expect(report.isClean, "\(report) \(output.text(.standardError))")
    return output.lines
  }

  @Test func `Descriptors 0 to 6 are open and no others`() throws {
    // One that this process did not mark to be closed.
    let leaked = fcntl(open("/dev/null", O_RDONLY | O_CLOEXEC), F_DUPFD, 40)
    defer { close(leaked) }
    // The last one that ls finds is its own view of the folder.
    #expect(try lines(of: "ls -v /proc/self/fd").map(String.init) == (0...7).map(String.init))
  }

  @Test func `The standard input is the null device and the rest are pipes of the right ends`()
    throws
  {
    let lines = try lines(
      of: "readlink /proc/$$/fd/0; for i in 1 2 3 4 5 6; do "
        + "echo $(readlink /proc/$$/fd/$i) $(head -n 2 /proc/$$/fdinfo/$i | tail -n 1); done")
    #expect(lines.first == "/dev/null")
    #expect(Set(lines.dropFirst().map { $0.prefix { $0 != " " } }).count == 6)
    #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("pipe:") })
    // The last octal digit is the access mode: 0 reads, 1 writes. Neither is non-blocking (04000).
    let flags = lines.dropFirst().map { $0.split(separator: " ").last ?? "" }
    #expect(flags.map { $0.last } == ["1", "1", "0", "1", "0", "1"])
    #expect(flags.allSatisfy { Int($0, radix: 8).map { $0 & 0o4000 == 0 } == true })
  }

  @Test func `Signals are at their defaults and none is blocked`() throws {
    let lines = try lines(of: "exec grep -E 'Sig(Ign|Blk)' /proc/self/status")
    #expect(lines.count == 2)
    // 32 and 33 are the C library's own; posix_spawn leaves them ignored.
    let own: UInt64 = 0b11 << 31
    for line in lines {
      let mask = try #require(UInt64(line.split(separator: "\t").last ?? "", radix: 16))
      #expect(mask & ~own == 0, "\(line)")
    }
  }

  @Test func `The server leads its own group`() throws {
    let lines = try lines(of: "echo $$; cut -d ' ' -f 5 /proc/$$/stat")
    #expect(lines.count == 2 && lines[0] == lines[1])
  }

  @Test func `The environment is this process's with NO_COLOR`() throws {
    setenv("FALCONET_ORACLE_TEST", "a b=c", 1)
    let lines = try lines(of: "env")
    #expect(lines.contains("NO_COLOR=1"))
    #expect(lines.filter { $0.hasPrefix("NO_COLOR=") }.count == 1)
    #expect(lines.contains("FALCONET_ORACLE_TEST=a b=c"))
    #expect(lines.contains { $0.hasPrefix("PATH=") })
  }

  @Test func `Arguments arrive as they are`() throws {
    let output = Output()
    let server = try ServerOracle(
      command: ["printf", "%s|", "", "a b", "$HOME", "é", "--", "\n"], onOutput: output.take)
    server.shutdown()
    #expect(output.text() == "|a b|$HOME|é|--|\n|")
  }
}
