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
    #expect(outcome.exitCode == 1 && outcome.log.contains("no pre-image source is configured"))
    let held = open(folder.file("t/lock"), O_RDWR)
    defer { close(held) }
    #expect(flock(held, LOCK_EX) == 0)
    let second = try Tool.run(["trace", "last", "--folder", folder.file("t"), "--input", input])
    #expect(second.exitCode == 1 && second.log.contains("another process"))
    #expect(second.log.contains("--wait"))
  }

  @Test("prune --skip-if-open leaves a directory alone that another process has open, and succeeds")
  func skips() throws {
    let folder = try TemporaryFolder()
    let trace = folder.file("t")
    let skipping = try arguments("prune", trace, ["--skip-if-open"])
    #expect(try Tool.run(arguments("claim", trace, ["18446744073709551615"])).exitCode == 0)
    let names = { TemporaryFolder.names(in: trace + "/snapshots") }
    let snapshots = names()
    #expect(snapshots != [])
    let small = skipping + ["--disk-budget", "16KiB"]
    let held = open(folder.file("t/lock"), O_RDWR | O_CLOEXEC)
    #expect(flock(held, LOCK_EX) == 0)
    let skipped = try Tool.run(small)
    #expect(skipped.exitCode == 0 && skipped.log.contains("another process has the trace open"))
    #expect(names() == snapshots)
    #expect(try Tool.run(skipping + ["--wait"]).exitCode == 64)
    // Also for a child of another test that has a copy of the descriptor.
    #expect(flock(held, LOCK_UN) == 0)
    close(held)
    let pruned = try Tool.run(small)
    #expect(pruned.exitCode == 0 && !pruned.log.contains("another process"))
    #expect(names() == [])
    // Any other error is still one.
    let missing = try arguments("prune", folder.file("none"), ["--skip-if-open"])
    #expect(try Tool.run(missing).exitCode == 1)
  }

  @Test("With --wait, a second process answers once the first is done, or ends as it is told")
  func wait() throws {
    let folder = try TemporaryFolder()
    _ = try ask(arguments("claim", folder.file("t"), ["5"]))
    // Not for the processes that are started, which would hold the lock too.
    let held = open(folder.file("t/lock"), O_RDWR | O_CLOEXEC)
    #expect(flock(held, LOCK_EX) == 0)
    let waiting = try RunningTool(arguments("claim", folder.file("t"), ["5", "--wait"]))
    let stopped = try RunningTool(arguments("claim", folder.file("t"), ["5", "--wait"]))
    for tool in [waiting, stopped] {
      #expect(eventually { tool.log.contains("Waiting for the process that has the trace open") })
    }
    let late = try Tool.run(
      arguments("claim", folder.file("t"), ["5", "--wait", "--timeout", "1s"]))
    #expect(late.exitCode == 3)
    stopped.send(SIGINT)
    #expect(try stopped.wait().exitCode == 130)
    close(held)
    let outcome = try waiting.wait()
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(try JSONValue(outcome.output)["index"] == .number(5))
    let delete = ["trace", "delete", "--dir", folder.file("t"), "--wait"]
    #expect(try Tool.run(delete).exitCode == 0)
    #expect(folder.names == [])
  }

  @Test("A directory of one game does not answer another whose local inputs differ")
  func otherInputs() throws {
    let folder = try TemporaryFolder()
    let input = try Guest.folder("oracle") + "/state.bin.gz"
    func last(_ source: [String]) throws -> Outcome {
      try Tool.run(["trace", "last", "--folder", folder.file("t"), "--input", input] + source)
    }
    let server = ["--", "python3", Guest.server, "serve"]
    let invalid = try Fixtures.path("preimages/oracle-invalid")
    let valid = try Guest.preimages()
    let first = try last(["--preimages", valid])
    let vector = try Fixtures.vector(.v8, "oracle")
    #expect(try JSONValue(first.output)["claim"]?.string == "\(vector.finalHash)")
    let local = "1=0x" + String(repeating: "5a", count: 32)
    for other in [
      ["--preimages", invalid], server + [invalid], ["--preimages", valid, "--local", local],
      ["--local", local],
    ] {
      let outcome = try last(other)
      #expect(outcome.exitCode == 1 && outcome.text == "", "\(other)")
      #expect(
        outcome.lines(with: "error: ", "local key ", "a directory for each game").count == 1,
        "\(outcome.log)")
    }
    for same in [["--preimages", valid], server + [valid], []] {
      #expect(try last(same).output == first.output)
    }
    // In a directory of its own, its own answer.
    let own = try Tool.run([
      "trace", "last", "--folder", folder.file("other"), "--input", input, "--preimages", invalid,
    ])
    #expect(own.exitCode == 0)
    #expect(try JSONValue(own.output)["claim"]?.string?.hasPrefix("0x01") == true)
  }

  @Test("A directory that merely holds a file trace.json is no trace's, and is left as it is")
  func foreignDirectory() throws {
    let folder = try TemporaryFolder()
    let input = try Guest.folder("hello") + "/state.bin.gz"
    for name in ["p", "p/src", "p/snapshots"] { folder.makeFolder(name) }
    let files = [
      "p/trace.json": "{\"traceEvents\": []}\n", "p/src/main.c": "int main;\n",
      "p/notes.txt": "notes\n",
      "p/snapshots/app.snap": "snap\n",
    ]
    for (name, text) in files { try folder.write(text, to: name) }
    for command in [
      ["trace", "claim", "--folder", "p", "--input", input, "5"],
      ["trace", "last", "--folder", "p", "--input", input],
      ["trace", "prune", "--folder", "p", "--input", input],
      ["trace", "delete", "--folder", "p"],
    ] {
      let outcome = try Tool.run(command, in: folder.path)
      #expect(outcome.exitCode == 1 && outcome.text == "", "\(command)")
      for (name, text) in files { #expect(folder.read(name) == Array(text.utf8), "\(command)") }
      #expect(
        TemporaryFolder.names(in: folder.file("p")) == [
          "notes.txt", "snapshots", "src", "trace.json",
        ])
      #expect(TemporaryFolder.names(in: folder.file("p/snapshots")) == ["app.snap"])
    }
  }
}
