import FalconetTestSupport
import Testing

@Suite("check-elf")
struct CheckELFTests {
  private func check(_ arguments: String...) throws -> Outcome {
    try Tool.run(["check-elf", Fixtures.path("guests/64/hello.elf")] + arguments)
  }

  @Test("A program that a version can run")
  func compatible() throws {
    let outcome = try check("--type", "8")
    #expect(outcome.exitCode == 0)
    #expect(
      outcome.text.contains(
        "nothing reachable that multithreaded64-5 (version 8, revision 2026-06) lacks"))
    #expect(outcome.text.contains(" more through tables, built by go1.24"))
    #expect(outcome.text.contains("only in programs with cgo"))
    #expect(outcome.text.contains("not covered: calls of addresses that the program computes"))
    #expect(outcome.log == "")
  }

  @Test("One that it can't: what, where, and how it is reached")
  func incompatible() throws {
    let outcome = try check("--type", "multithreaded64-3")
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.text.contains("  system call 5284 (eventfd2): once in runtime.netpollinit, at 0x"))
    #expect(outcome.text.contains("    by _rt0_mips64_linux > _main > main > runtime.rt0_go"))
    let json = try JSONValue(check("--type", "6", "--json").output)
    #expect(json["compatible"] == .bool(false))
    let numbers = json["findings"]?.elements.compactMap { $0["systemCall"] } ?? []
    #expect(numbers.contains(.number(5284)))
    let accepted = try check(
      "--type", "6", "--accept", "runtime.netpollinit", "--accept", "runtime.sysFaultOS")
    #expect(accepted.exitCode == 0)
  }

  @Test(
    "A program that relies on cleared pages: check-elf fails, load-elf warns, and both say what to do"
  )
  func releasedPages() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write(Fixtures.scavengingGuest("1.27"), to: "guest.elf")
    let outcome = try Tool.run(["check-elf", "--type", "8", "guest.elf"], in: folder.path)
    #expect(outcome.exitCode == 1)
    #expect(outcome.text.contains(" more through tables, built by go1.27.3\n"))
    #expect(
      outcome.text.contains(
        "may not run as it does elsewhere:\n  go1.27.3 expects that pages returned by runtime."))
    #expect(outcome.text.contains("    remedy: build it with -ldflags"))
    let report = try JSONValue(
      Tool.run(["check-elf", "--type", "8", "--json", "guest.elf"], in: folder.path).output)
    #expect(report["compatible"] == .bool(false))
    #expect(report["goRelease"] == .string("go1.27.3"))
    #expect(report["concerns"]?.elements.first?["kind"] == .string("releasedPages"))
    let loaded = try Tool.run(["load-elf", "--type", "8", "--path", "guest.elf"], in: folder.path)
    #expect(loaded.exitCode == 0)
    #expect(loaded.log.contains("level=WARN msg=\"The program may not run as it does elsewhere\""))
    #expect(loaded.log.contains("madvdontneed=0"))
  }

  @Test("A program from standard input")
  func standardInput() throws {
    let elf = try Fixtures.bytes("guests/64/hello.elf")
    let outcome = try Tool.run(["check-elf", "--type", "8", "-"], input: elf)
    #expect(outcome.exitCode == 0)
    #expect(outcome.text.hasPrefix("standard input: "))
  }

  @Test("--accept warns of a name that is no function's, and asks for the one that was meant")
  func acceptedNames() throws {
    let outcome = try check(
      "--type", "6", "--accept", "runtime.netpolinit", "--accept", "runtime.sysFaultOS")
    #expect(outcome.exitCode == 1)
    #expect(outcome.lines(with: "level=WARN", "--accept").count == 1)
    #expect(
      outcome.lines(with: "name=runtime.netpolinit", "similar=runtime.netpollinit").count == 1)
  }

  @Test("What only tables of methods lead to is listed, and fails with --strict")
  func tables() throws {
    let outcome = try check("--type", "8")
    let title = "and called if the program calls all that its tables hold:\n  system call "
    #expect(outcome.text.contains(title))
    #expect(try check("--type", "8", "--strict").exitCode == 1)
    let json = try JSONValue(check("--type", "8", "--json").output)
    #expect(json["compatible"] == .bool(true))
    let finding = json["findings"]?.elements.first { $0["inTablesOnly"] == .bool(true) }
    #expect(finding?["reachable"] == .bool(false))
    #expect((finding?["path"]?.elements.count ?? 0) > 2)
  }

  @Test("A version that there is not, and one of another word size")
  func mistakes() throws {
    #expect(try check("--type", "9").exitCode == 64)
    let outcome = try check("--type", "5")
    #expect(outcome.exitCode == 1)
    #expect(outcome.log.contains("a 64-bit file"))
  }
}
