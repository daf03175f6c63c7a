import FalconetELF
import FalconetMachine
import FalconetTestSupport
import Testing

/// What releases made of the same ELF files. The claims and the pages are those of the releases' own
/// programs.
@Suite struct LoaderRevisionTests {
  private func load(
    _ name: String, _ loader: LoaderRevision, _ version: StateVersion = .v0
  ) throws -> Prestate {
    let elf = try ELFFile(bytes: Fixtures.elf(name), name: name)
    return try Prestate.load(elf, version: version, loader: loader)
  }

  @Test(
    arguments: [
      (
        .cannon1_0, "0x03a908b780122aad8ce9d3eab47e277b39fb3665060b86be7528d865ed3fcd79",
        "0x03f07a65077b9ad512bc099fbbf659701e3d939caf089d1e256687e2246c294d"
      ),
      (
        .opProgram1_3_1, "0x03d7a13a547a2e91dca866ee818396a9f9fe847b7cbe5f622b785d75dbcc58f4",
        "0x03b83e2cb1f347a378ae940b43150460f26eea257ab1d8cb0b9696171d2ff082"
      ),
      (
        .opProgram1_2, "0x030fc6f73ef4ead5f698f3036fb7d71a5b8858067c28d178a8f1c76767cda4a0",
        "0x03414739dd6f6674220fed03fe83524ea7eb3dbf428548e5681f55613b151fca"
      ),
      (
        .opProgram0_3, "0x039a8074fa2c6ba26c2fa011a20b5bbe70ee89a39459ee0779e8d8c46dde1873",
        "0x030d984f93cb2d94a47bee2ab854a92bababc34de4d6c32f148752ae5ef88dbc"
      ),
    ] as [(LoaderRevision, String, String)])
  func `each loader of version 0 gives its release's claims`(
    loader: LoaderRevision, hello: String, oracle: String
  ) throws {
    for (name, claim) in [("hello", hello), ("oracle", oracle)] {
      let prestate = try load("32-go1.21/\(name).elf", loader)
      #expect(prestate.loader == loader)
      #expect(
        "\(Machine(state: prestate.state, memory: prestate.memory).claim())" == claim, "\(name)")
    }
  }

  @Test(arguments: StateVersion.v0.loaders)
  func `a prestate of version 0 has the pages of the release's snapshot`(
    loader: LoaderRevision
  ) throws {
    // Page 0 is that of an empty segment, and page 0x7FFFE lies behind the stack.
    let pages: [ClosedRange<UInt64>] = [
      0...0, 0x10...0xBA, 0xC0...0x149, 0x150...0x16E, 0x7FFF9...0x7FFFE,
    ]
    #expect(try load("32-go1.21/hello.elf", loader).memory.pageIndices == pages.flatMap { $0 })
  }

  @Test(arguments: [LoaderRevision.opProgram1_3_1, .opProgram1_2, .opProgram0_3])
  func `an older loader lays out the stack without arguments`(loader: LoaderRevision) throws {
    let prestate = try Prestate.load(ELFBuilder(.bits32).file(), version: .v0, loader: loader)
    let words: [UInt64] = [0, 0x42, 0x35, 0, 6, 4096, 25, 0x7FFF_D024, 0]
    let expected = words.flatMap { bigEndian($0, 4) } + Array("4;byfairdiceroll".utf8)
    #expect(prestate.memory.bytes(0x7FFF_D000, expected.count) == expected)
    let rest = prestate.memory.bytes(0x7FFF_D000 + UInt64(expected.count), 4096 - expected.count)
    #expect(rest.allSatisfy { $0 == 0 })
    #expect(prestate.memory.bytes(0x7FFF_9000, 0x4000).allSatisfy { $0 == 0 })
    #expect(prestate.state.threads.left[0].registers[29] == 0x7FFF_D000)
  }

  @Test(arguments: StateVersion.v0.loaders)
  func `the rate of the memory profile is cleared by the oldest loaders only`(
    loader: LoaderRevision
  ) throws {
    var builder = ELFBuilder(.bits32)
    builder.segments = [.init(address: 0x10000, content: [UInt8](repeating: 0xEE, count: 32))]
    builder.symbols = [Symbol(name: "runtime.MemProfileRate", start: 0x10008, size: 4)]
    let memory = try Prestate.load(builder.file(), version: .v0, loader: loader).memory
    let isCleared = loader == .opProgram1_2 || loader == .opProgram0_3
    let untouched = [UInt8](repeating: 0xEE, count: 4)
    #expect(
      memory.bytes(0x10004, 12) == untouched + (isCleared ? [0, 0, 0, 0] : untouched) + untouched)
  }

  @Test func `the first loader has its heap at 0x20000000, and segments may reach it`() throws {
    var builder = ELFBuilder(.bits32)
    builder.segments = [.init(address: 0x0600_0000, content: [1, 2, 3, 4])]
    let prestate = try Prestate.load(builder.file(), version: .v0, loader: .opProgram0_3)
    #expect(prestate.state.scalars.heap == 0x2000_0000)
    #expect(prestate.memory.bytes(0x0600_0000, 4) == [1, 2, 3, 4])
    for loader in [LoaderRevision.opProgram1_2, .opProgram1_3_1, .cannon1_0] {
      let error = try elfError {
        _ = try Prestate.load(builder.file(), version: .v0, loader: loader)
      }
      #expect(error.kind == .outOfRange)
      builder.segments[0].address = 0x10000
      let state = try Prestate.load(builder.file(), version: .v0, loader: loader).state
      #expect(state.scalars.heap == 0x0500_0000)
      builder.segments[0].address = 0x0600_0000
    }
  }

  @Test func `version 1 can be loaded as its first release did, with the same claim`() throws {
    let newer = try load("32/hello.elf", .current, .v1)
    let older = try load("32/hello.elf", .cannon1_0, .v1)
    #expect(older.memory.pageIndices.count > newer.memory.pageIndices.count)
    #expect(older.state == newer.state)
    let claims = [older, newer].map { Machine(state: $0.state, memory: $0.memory).claim() }
    #expect(claims[0] == claims[1])
  }

  @Test func `every release has one loader, found by its tag`() {
    let all = LoaderRevision.allCases.flatMap(\.releases)
    #expect(Set(all).count == all.count)
    for revision in LoaderRevision.allCases {
      #expect(revision.releases.contains(revision.rawValue))
      for name in revision.releases {
        #expect(LoaderRevision(named: name) == revision)
        #expect(LoaderRevision(named: name.replacing("/v", with: "/")) == revision)
      }
    }
    for name in ["", "v1.2.0", "1.2.0", "op-program", "op-program/", "cannon/v2", "cannon/vv1.0.0"]
    {
      #expect(LoaderRevision(named: name) == nil)
    }
    for version in StateVersion.allCases { #expect(version.loaders.first == version.loader) }
  }

  @Test func `a loader that makes no prestates of the version is refused`() throws {
    for (version, loader) in [
      (StateVersion.v0, LoaderRevision.current), (.v2, .cannon1_0), (.v1, .opProgram1_2),
    ] {
      let error = try elfError {
        _ = try Prestate.load(ELFBuilder(.bits32).file(), version: version, loader: loader)
      }
      #expect(error.kind == .unsupported)
      #expect(error.remedy.contains(version.loader.rawValue))
    }
  }
}
