import FalconetELF
import FalconetInsight
import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Testing

@Suite("Flame graphs")
struct FlameGraphTests {
  private static let check = """
    import sys, xml.etree.ElementTree as tree
    root = tree.parse(sys.argv[1]).getroot()
    frames = [g for g in root.iter() if g.tag.endswith("}g") and g.get("id") is None]
    for frame in frames:
      rect = [x for x in frame if x.tag.endswith("}rect")][0]
      x, width = float(rect.get("x")), float(rect.get("width"))
      assert 0 <= x and x + width <= 1200.01 and width >= 0.29, (x, width)
      title = [x for x in frame if x.tag.endswith("}title")][0].text
      print(title)
    """

  private func svg(_ guest: Guest, _ symbols: SymbolTable?) throws -> [UInt8] {
    let profiler = Profiler(guest.machine, symbols: symbols, interval: .steps(97))
    _ = try profiler.run(until: guest.machine.step + 200_000)
    let sink = MemorySink()
    try ProfileFormat.flameGraph.write(profiler.profile, to: sink)
    return sink.bytes
  }

  @Test(
    "A graph is well-formed, and has the functions", .enabled(if: Python.isInstalled, "no python3"))
  func wellFormed() throws {
    let guest = try Guest(.v8, "hello")
    let bytes = try svg(guest, guest.symbols)
    let text = String(
      decoding: try Python.withFile(bytes) { try Python.run(["-c", Self.check, $0]) },
      as: UTF8.self)
    let titles = text.split(separator: "\n")
    #expect(titles.first?.hasPrefix("all (200000 steps, 100.00%)") == true)
    #expect(titles.contains { $0.hasPrefix("runtime.schedinit (") })
    #expect(titles.count > 20)
    // It needs no other file.
    let svg = String(decoding: bytes, as: UTF8.self)
    #expect(!svg.contains("href") && !svg.contains("url("))
  }

  @Test("Names can't break out of the file", .enabled(if: Python.isInstalled, "no python3"))
  func hostileNames() throws {
    let name = #"a"<script>alert(1)</script>&]]><b>;c \#u{1}"#
    let image = MachineImage(
      .v8, code: [Assembly.jump(2, to: 0x1000), Assembly.nop])
    let symbols = try #require(SymbolTable([Symbol(name: name, start: 0x1000, size: 64)]))
    let profiler = Profiler(try image.machine(), symbols: symbols, interval: .steps(97))
    _ = try profiler.run(until: 10_000)
    let sink = MemorySink()
    try ProfileFormat.flameGraph.write(profiler.profile, to: sink)
    let text = String(
      decoding: try Python.withFile(sink.bytes) { try Python.run(["-c", Self.check, $0]) },
      as: UTF8.self)
    #expect(text.contains(#"a"<script>alert(1)</script>&]]><b>;c ? (10000 steps"#))
    let folded = MemorySink()
    try ProfileFormat.folded.write(profiler.profile, to: folded)
    #expect(String(decoding: folded.bytes, as: UTF8.self).split(separator: "\n").count == 1)
    #expect(!folded.bytes.contains(UInt8(ascii: ";")))
  }

  @Test("A profile of nothing can be written in every form")
  func empty() throws {
    let guest = try Guest(.v8, "hello")
    let profile = Profiler(guest.machine, symbols: nil).profile
    #expect(profile.steps == 0)
    for format in ProfileFormat.allCases { try format.write(profile, to: MemorySink()) }
  }
}
