import FalconetTestSupport
import Testing

@Suite("The command inspect")
struct InspectTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What a guest's last state has in memory: where ranges start, and what for.
  private func map(
    _ elf: String, type: String, _ flags: [String] = [], meta: String = ""
  ) throws -> [(start: UInt64, purpose: String)] {
    let loaded = try Tool.run(
      ["load-elf", "--type", type, "--path", elf, "--out", "pre.bin", "--meta", "meta.json"],
      in: folder.path)
    try #require(loaded.exitCode == 0, "\(loaded.log)")
    let run = try Tool.run(
      ["run", "--input", "pre.bin", "--output", "end.bin", "--meta", ""] + flags, in: folder.path)
    try #require(run.exitCode == 0, "\(run.log)")
    let outcome = try Tool.run(["inspect", "--json", "end.bin", "--meta", meta], in: folder.path)
    try #require(outcome.exitCode == 0, "\(outcome.log)")
    return try #require(JSONValue(outcome.output)["memory"]).elements.map {
      let start = try #require($0["start"]?.string)
      return (
        try #require(UInt64(start.dropFirst(2), radix: 16)), try #require($0["purpose"]?.string)
      )
    }
  }

  private static let mapped = "mapped for Go's runtime, or by the program"

  @Test(
    "A Go program's heap and what its runtime maps are named, with symbols or without",
    arguments: [
      ("8", "64", 0xC0_0000_0000, 0x1000_0000_0000), ("5", "32", 0x4040_0000, 0x500_0000),
    ] as [(String, String, UInt64, UInt64)], ["", "meta.json"])
  func go(
    _ machine: (type: String, bits: String, heap: UInt64, mappings: UInt64), _ meta: String
  ) throws {
    let elf = try Fixtures.path("guests/\(machine.bits)/hello.elf")
    let ranges = try map(elf, type: machine.type, meta: meta)
    #expect(ranges.first?.purpose == "program")
    #expect(ranges.first(where: { $0.start == machine.heap })?.purpose == "Go heap")
    #expect(ranges.first(where: { $0.start == machine.mappings })?.purpose == Self.mapped)
    #expect(ranges.last?.purpose == "stack")
    #expect(Set(ranges.map(\.purpose)) == ["program", "Go heap", Self.mapped, "stack"])
  }

  @Test("What another program maps is its heap")
  func other() throws {
    try folder.write(Fixtures.elf("c/kona-like.elf"), to: "guest.elf")
    let vector = try Fixtures.vector(.v8, "c-kona-like")
    let locals = try Fixtures.preimages(of: vector)
    folder.makeFolder("preimages")
    try folder.write("file", to: "preimages/kvformat")
    for (key, value) in locals {
      let text = value.map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
      try folder.write(text, to: "preimages/\(key).txt")
    }
    let ranges = try map("guest.elf", type: "8", ["--preimages", "preimages"])
    #expect(Set(ranges.map(\.purpose)) == ["program", "heap", "stack"])
  }
}
