import FalconetELF
import FalconetInsight
import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("What the static check finds, and what runs")
struct CoverageTests {
  @Test(
    "Every function that a run is seen in is reachable by calls or through tables",
    arguments: [
      (StateVersion.v8, "hello"), (.v8, "abort"), (.v8, "entropy"), (.v5, "hello"), (.v2, "hello"),
    ])
  func coverage(_ version: StateVersion, _ name: String) throws {
    let guest = try Guest(version, name)
    let profiler = Profiler(guest.machine, symbols: guest.symbols, interval: .steps(13))
    _ = try profiler.run(until: 1_000_000)
    let file = try Fixtures.vector(version, name).elf
    let report = try ELFFile(bytes: Fixtures.elf(file), name: file).checkCompatibility(
      with: version)
    let known = Set(report.reachableFunctions + report.tableFunctions)
    let seen = Set(profiler.profile.locations.map { guest.symbols.name(at: $0.address) })
    #expect(seen.count > 200)
    #expect(seen.subtracting(known).sorted() == [])
    // It is no answer to call everything reachable.
    #expect(known.count < report.functionCount)
  }
}
