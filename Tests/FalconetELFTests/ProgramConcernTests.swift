import FalconetELF
import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Programs that do not run as they do elsewhere")
struct ProgramConcernTests {
  private func report(
    _ bytes: [UInt8], _ version: StateVersion = .v8, accepting: Set<String> = []
  ) throws -> CompatibilityReport {
    try ELFFile(bytes: bytes, name: "guest.elf")
      .checkCompatibility(with: version, accepting: accepting)
  }

  @Test(arguments: wordSizes)
  func `a program that nobody relocates is of concern, and one that is complete is not`(
    wordSize: WordSize
  ) throws {
    let complete = try report(ELFBuilder(wordSize).build(), wordSize.version)
    #expect(complete.concerns.isEmpty)
    #expect(complete.goBuild == nil)

    var builder = ELFBuilder(wordSize)
    builder.segments.append(.init(type: 3, address: 0x20000, content: Array("/lib/ld.so.1\0".utf8)))
    try expectConcern(builder.build(), wordSize, "PT_INTERP")

    builder = ELFBuilder(wordSize)
    let words: [UInt64] = [5, 0x20000, 18, 48, 0, 0]
    builder.segments.append(
      .init(type: 2, address: 0x20000, content: words.flatMap { bigEndian($0, wordSize.bytes) }))
    try expectConcern(builder.build(), wordSize, "48 bytes of relocations (PT_DYNAMIC)")
    // Sizes of 0 are no relocations.
    builder.segments[1].content = [UInt64(18), 0, 0, 0].flatMap { bigEndian($0, wordSize.bytes) }
    #expect(try report(builder.build(), wordSize.version).concerns.isEmpty)

    try expectConcern(
      ELFBuilder(wordSize).build(with: 3, count: 2, at: 16), wordSize, "ET_DYN")
  }

  private func expectConcern(_ bytes: [UInt8], _ wordSize: WordSize, _ evidence: String) throws {
    let report = try report(bytes, wordSize.version)
    #expect(!report.isCompatible)
    let concern = try #require(report.concerns.first)
    #expect(report.concerns.count == 1)
    #expect(concern.kind == .notRelocated)
    #expect(concern.text.contains(evidence))
    #expect(concern.remedy.contains("-static -no-pie"))
    let elf = try ELFFile(bytes: bytes, name: "guest.elf")
    let prestate = try Prestate.load(elf, version: wordSize.version)
    #expect(try elf.concerns(in: wordSize.version, loadedAs: prestate) == [concern])
  }

  @Test(arguments: [("1.26", "go1.26.6"), ("1.27", "go1.27.3")])
  func `a program of Go 1.26 or later that counts on cleared pages is of concern`(
    name: String, release: String
  ) throws {
    let bytes = try Fixtures.scavengingGuest(name)
    let report = try report(bytes)
    #expect(report.goBuild?.release == release)
    #expect(report.goBuild?.settings["decoratemappings"] == "0")
    #expect(!report.isCompatible)
    // The settings switch off what calls prctl, in every revision.
    #expect(!report.findings.contains { $0.isHarmful })
    let concern = try #require(report.concerns.first { $0.kind == .releasedPages })
    #expect(concern.text.contains(release) && concern.text.contains("runtime.sysUnused"))
    #expect(concern.path.first == "_rt0_mips64_linux")
    #expect(concern.remedy.contains("madvdontneed=0"))
    let function = try #require(concern.path.last)
    #expect(try self.report(bytes, accepting: [function]).isCompatible)
    let older = try #require(StateVersion.v8.revision(named: "1.9.0"))
    let elf = try ELFFile(bytes: bytes, name: "guest.elf")
    let inOlder = try elf.checkCompatibility(with: older)
    #expect(!inOlder.findings.contains { $0.isHarmful })
    #expect(
      inOlder.findings.contains {
        $0.problem == .systemCall(5153) && $0.excuse?.contains("decoratemappings") == true
      })
  }

  @Test func `the setting that has Go clear pages itself, and fixed memory, make it of none`()
    throws
  {
    var bytes = try Fixtures.scavengingGuest("1.26")
    // The variable's text, in the program's data, changes to other settings of the same length.
    let text = Array("decoratemappings=0".utf8)
    let place = try #require(
      bytes.indices.first { bytes[$0...].starts(with: text) && bytes[$0 - 1] != 0x3D })
    let changed = Array("madvdontneed=0,a=0".utf8)
    #expect(changed.count == text.count)
    var all = 0
    for index in place..<bytes.count - text.count where bytes[index...].starts(with: text) {
      bytes.replaceSubrange(index..<index + text.count, with: changed)
      all += 1
    }
    #expect(all > 0)
    let older = try #require(StateVersion.v8.revision(named: "1.9.0"))
    let report = try ELFFile(bytes: bytes, name: "guest.elf").checkCompatibility(with: older)
    #expect(report.goBuild?.settings["madvdontneed"] == "0")
    #expect(report.goBuild?.settings["decoratemappings"] == nil)
    #expect(report.concerns.isEmpty)
    // Now prctl is called.
    let finding = try #require(report.findings.first { $0.problem == .systemCall(5153) })
    #expect(finding.isHarmful)
    #expect(finding.remedy?.contains("godebug decoratemappings=0") == true)
  }

  @Test func `version 0 ends programs of Go 1.22 at their start, and no other version does`() throws
  {
    let bytes = try Fixtures.elf("32/hello.elf")
    let report = try report(bytes, .v0)
    #expect(report.goBuild?.release.hasPrefix("go1.22") == true)
    #expect(!report.isCompatible)
    #expect(!report.findings.contains { $0.isHarmful })
    let concern = try #require(report.concerns.first)
    #expect(report.concerns.count == 1)
    #expect(concern.kind == .standardDescriptors)
    #expect(concern.text.contains("F_GETFD"))
    #expect(concern.path.last == "runtime.checkfds")
    #expect(try self.report(bytes, .v0, accepting: ["runtime.checkfds"]).isCompatible)
    let elf = try ELFFile(bytes: bytes, name: "guest.elf")
    #expect(try elf.concerns(in: .v0, loadedAs: Prestate.load(elf, version: .v0)) == [concern])
    for version in [StateVersion.v1, .v2, .v5] {
      #expect(try self.report(bytes, version).concerns.isEmpty)
      #expect(try elf.concerns(in: version, loadedAs: Prestate.load(elf, version: version)).isEmpty)
    }
    for (version, code) in [(StateVersion.v0, 2), (.v2, 0)] as [(StateVersion, UInt8)] {
      let prestate = try Prestate.load(elf, version: version)
      let machine = Machine(state: prestate.state, memory: prestate.memory)
      #expect(try machine.run(until: 2_000_000) == .exited)
      #expect(machine.state.scalars.exitCode == code)
    }
  }

  @Test(arguments: [StateVersion.v0, .v2])
  func `patches for one thread that take out other code than they are for are of concern`(
    version: StateVersion
  ) throws {
    // Numbers its initializations as Go 1.23 does: the one before the helper's start is number 5.
    var bytes = try Fixtures.elf("32/hello.elf")
    for (old, new) in [("runtime.init.5", "runtime.init.6"), ("runtime.init.4", "runtime.init.5")] {
      let text = Array((old + "\0").utf8)
      let places = bytes.indices.filter { bytes[$0] == text[0] && bytes[$0...].starts(with: text) }
      #expect(!places.isEmpty)
      for place in places {
        bytes.replaceSubrange(place..<place + text.count, with: Array((new + "\0").utf8))
      }
    }
    let concern = try #require(
      try report(bytes, version).concerns.first { $0.kind == .patchedCode })
    #expect(concern.text.contains("runtime.init.6"))
    #expect(concern.remedy.contains("1.22"))
    let elf = try ELFFile(bytes: bytes, name: "guest.elf")
    let prestate = try Prestate.load(elf, version: version)
    #expect(try elf.concerns(in: version, loadedAs: prestate).contains(concern))
    #expect(try report(bytes, .v5).concerns.isEmpty)
    #expect(
      try !report(Fixtures.elf("32/hello.elf"), version).concerns.contains {
        $0.kind == .patchedCode
      })
  }

  @Test func `guests of older releases raise no concern, and tell their release`() throws {
    for (name, release) in [("64/hello.elf", "go1.24"), ("64-go1.22/hello.elf", "go1.22")] {
      let report = try report(Fixtures.elf(name))
      #expect(report.goBuild?.release.hasPrefix(release) == true)
      #expect(report.concerns.isEmpty)
    }
    let report = try report(Fixtures.elf("32-go1.21/hello.elf"), .v0)
    #expect(report.goBuild?.release.hasPrefix("go1.21") == true)
    #expect(report.concerns.isEmpty)
  }
}
