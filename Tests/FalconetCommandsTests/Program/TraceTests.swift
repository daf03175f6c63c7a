import FalconetTestSupport
import Glibc
import Testing

@Suite("trace: questions about a trace")
struct TraceTests {
  private func arguments(_ command: String, _ folder: String, _ rest: [String] = []) throws
    -> [String]
  {
    let (input, preimages) = (try Guest.folder("oracle") + "/state.bin.gz", try Guest.preimages())
    return ["trace", command, "--folder", folder, "--input", input, "--preimages", preimages]
      + ["--snapshot-interval", "1000000", "--disk-budget", "8"] + rest
  }

  private func ask(_ arguments: [String]) throws -> JSONValue {
    let outcome = try Tool.run(arguments)
    try #require(outcome.exitCode == 0, "\(outcome.log)")
    return try JSONValue(outcome.output)
  }

  @Test("Each command answers in JSON with what was recorded")
  func commands() throws {
    let folder = try TemporaryFolder()
    let vector = try Fixtures.vector(.v8, "oracle")
    let trace = folder.file("trace")
    let prestate = try ask(arguments("prestate", trace))
    #expect(prestate["claim"]?.string == "\(vector.prestateHash)")
    let point = try #require(vector.checkpoints.last { $0.step + 1 < vector.steps })
    let claims = try ask(arguments("claim", trace, ["\(point.step)", "18446744073709551615"]))
    let texts = claims.elements.map { $0["claim"]?.string }
    #expect(texts == ["\(point.after)", "\(vector.finalHash)"])
    #expect(claims.elements.map { $0["pastEnd"] } == [.bool(false), .bool(true)])
    let step = try ask(arguments("step", trace, ["\(point.step)"]))
    #expect(step["pre"]?.string == "\(point.before)" && step["post"]?.string == "\(point.after)")
    let last = try ask(arguments("last", trace))
    #expect(last["index"] == .number(vector.steps - 1))
    #expect(last["claim"]?.string == "\(vector.finalHash)")
    let status = try ask(arguments("status", trace))
    #expect(status["lastStep"] == .number(vector.steps - 1) && status["putAside"] == .array([]))
    #expect(try Tool.run(arguments("export", trace, [folder.file("game")])).exitCode == 0)
    let adopted = try ask(arguments("adopt", folder.file("other"), [folder.file("game")]))
    #expect(adopted["proofs"] == .number(1) && adopted["hasEnd"] == .bool(true))
    #expect(try Tool.run(arguments("prune", trace)).exitCode == 0)
    for name in ["trace", "other"] {
      let outcome = try Tool.run(["trace", "delete", "--folder", folder.file(name)])
      #expect(outcome.exitCode == 0 && outcome.text == "")
    }
    #expect(folder.names == ["game"])
    #expect(try Tool.run(["trace", "delete", "--folder", folder.file("game")]).exitCode == 1)
  }

  @Test("Killed at random, a bisection goes on with right answers, and within its budget")
  func kills() throws {
    let folder = try TemporaryFolder()
    let trace = folder.file("trace")
    let vector = try Fixtures.vector(.v8, "oracle")
    var random = SeededGenerator(seed: 3)
    let wanted = random.next() % vector.steps
    var questions: [UInt64] = []
    var (low, high) = (UInt64(0), UInt64(1) << 24)
    while high - low > 1 {
      let middle = (low + high) / 2
      questions.append(middle - 1)
      if middle <= wanted { low = middle } else { high = middle }
    }
    let texts = questions.map { "\($0)" }
    let expected = try ask(arguments("claim", folder.file("other"), texts)).elements
    let limit = isLongRun ? 100 : 6
    var killed = 0
    for (question, answer) in zip(texts, expected) {
      while killed < limit {
        let tool = try RunningTool(arguments("claim", trace, [question]))
        usleep(UInt32(random.below(isLongRun ? 40_000 : 80_000)))
        tool.send(SIGKILL)
        if try tool.wait().exitCode != nil { break }
        killed += 1
        #expect(size(trace) <= 8 << 20)
        if random.chance(3) { break }
      }
      #expect(try ask(arguments("claim", trace, [question])) == answer)
      #expect(size(trace) <= 8 << 20)
    }
    #expect(killed > 0)
    let status = try ask(arguments("status", trace))
    #expect(status["putAside"] == .array([]))
  }

  private func size(_ path: String) -> UInt64 {
    var status = stat()
    guard lstat(path, &status) == 0 else { return 0 }
    if status.st_mode & S_IFMT == S_IFREG { return UInt64(status.st_size) }
    return TemporaryFolder.names(in: path).reduce(0) { $0 + size(path + "/" + $1) }
  }

  @Test("A VM panic is exit code 2, a missing source 1, a second process 1")
  func exitCodes() throws {
    let folder = try TemporaryFolder()
    let input = try Guest.folder("oracle") + "/state.bin.gz"
    let outcome = try Tool.run([
      "trace", "last", "--folder", folder.file("t"), "--input", input,
    ])
    #expect(outcome.exitCode == 1 && outcome.log.contains("no source"))
    let held = open(folder.file("t/lock"), O_RDWR)
    defer { close(held) }
    #expect(flock(held, LOCK_EX) == 0)
    let second = try Tool.run(["trace", "last", "--folder", folder.file("t"), "--input", input])
    #expect(second.exitCode == 1 && second.log.contains("another process"))
  }
}
