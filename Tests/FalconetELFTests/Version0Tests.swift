import FalconetELF
import FalconetMachine
import Testing

/// What the release that made version 0 does differently from all later ones.
@Suite struct Version0Tests {
  private func pages(_ builder: ELFBuilder, _ version: StateVersion) throws -> [UInt64] {
    try Prestate.load(builder.file(), version: version).memory.pageIndices.filter { $0 < 0x70000 }
  }

  @Test func `a segment that ends with a page has one more page of zeros behind it`() throws {
    var builder = ELFBuilder(.bits32)
    builder.segments = [.init(address: 0x10000, content: [1], memorySize: 4096)]
    #expect(try pages(builder, .v2) == [0x10])
    #expect(try pages(builder, .v0) == [0x10, 0x11])
    builder.segments[0].memorySize = 4095
    #expect(try pages(builder, .v0) == [0x10])
  }

  @Test func `the page behind a segment keeps what it holds`() throws {
    var builder = ELFBuilder(.bits32)
    builder.segments = [
      .init(address: 0x11000, content: [7, 8, 9]),
      .init(address: 0x10000, content: [1], memorySize: 4096),
    ]
    let memory = try Prestate.load(builder.file(), version: .v0).memory
    #expect(memory.bytes(0x11000, 3) == [7, 8, 9])
  }

  @Test func `an empty segment makes its page and is checked`() throws {
    var builder = ELFBuilder(.bits32)
    builder.segments.append(.init(type: 0x6474_E551, address: 0))
    #expect(try pages(builder, .v2) == [0x10])
    #expect(try pages(builder, .v0) == [0, 0x10])
    builder.segments[1].address = 0x0500_0000
    #expect(try pages(builder, .v2) == [0x10])
    let error = try elfError { _ = try pages(builder, .v0) }
    #expect(error.kind == .outOfRange)
  }

  @Test func `a segment may not end right at the heap`() throws {
    var builder = ELFBuilder(.bits32)
    builder.segments = [.init(address: 0x04FF_FFFC, content: [1, 2, 3, 4])]
    _ = try pages(builder, .v2)
    let error = try elfError { _ = try pages(builder, .v0) }
    #expect(error.kind == .outOfRange)
    builder.segments = [.init(address: 0x04FF_FFFB, content: [1, 2, 3, 4])]
    _ = try pages(builder, .v0)
  }
}
