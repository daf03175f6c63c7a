import FalconetELF
import FalconetMachine
import Testing

@Suite struct GoPatchesTests {
  private static let patched = [
    "runtime.gcenable", "runtime.init.5", "runtime.main.func1", "runtime.deductSweepCredit",
    "runtime.(*gcControllerState).commit",
    "github.com/prometheus/client_golang/prometheus.init",
    "github.com/prometheus/client_golang/prometheus.init.0",
    "github.com/prometheus/procfs.init", "github.com/prometheus/common/model.init",
    "github.com/prometheus/client_model/go.init", "github.com/prometheus/client_model/go.init.0",
    "github.com/prometheus/client_model/go.init.1", "flag.init", "runtime.check",
  ]
  private static let others = [
    "runtime.MemProfileRate", "runtime.check2", "runtime.chec", "Runtime.check", "main.main", "",
  ]

  /// A program of functions of 16 bytes each, filled with 0xEE.
  private func builder(_ wordSize: WordSize, _ names: [String]) -> ELFBuilder {
    var builder = ELFBuilder(wordSize)
    let code = [UInt8](repeating: 0xEE, count: 16 * names.count)
    builder.segments = [.init(address: 0x10000, content: code)]
    builder.symbols = names.enumerated().map {
      Symbol(name: $1, start: 0x10000 + 16 * UInt64($0), size: 16)
    }
    return builder
  }

  @Test(arguments: [StateVersion.v0, .v2])
  func `a single-threaded prestate has the listed functions return`(version: StateVersion) throws {
    let names = Self.patched + Self.others + ["runtime.check"]
    let elf = try builder(.bits32, names).file()
    let memory = try Prestate.load(elf, version: version).memory
    for (index, name) in names.enumerated() {
      let code = memory.bytes(0x10000 + 16 * UInt64(index), 16)
      let untouched = [UInt8](repeating: 0xEE, count: 8)
      let start: [UInt8] =
        Self.patched.contains(name) ? [0x03, 0xE0, 0, 8, 0, 0, 0, 0] : untouched
      #expect(code == start + untouched, "\(name)")
    }
  }

  @Test(arguments: StateVersion.allCases.filter { !$0.isSingleThreaded })
  func `a multi-threaded prestate has no patches`(version: StateVersion) throws {
    let elf = try builder(version.wordSize, Self.patched).file()
    let memory = try Prestate.load(elf, version: version).memory
    let count = 16 * Self.patched.count
    #expect(memory.bytes(0x10000, count).allSatisfy { $0 == 0xEE })
  }

  @Test func `a patch makes the page it lies in, but can't leave the address space`() throws {
    var builder = ELFBuilder(.bits32)
    builder.symbols = [Symbol(name: "flag.init", start: 0x0600_0FF8, size: 8)]
    let pages = try Prestate.load(builder.file(), version: .v2).memory.pageIndices
    #expect(pages.contains(0x6000) && !pages.contains(0x6001))
    let older = try Prestate.load(builder.file(), version: .v0).memory.pageIndices
    #expect(older.contains(0x6000) && older.contains(0x6001))
    builder.symbols = [Symbol(name: "flag.init", start: 0xFFFF_FFF8, size: 8)]
    for version in [StateVersion.v0, .v2] {
      let error = try elfError { _ = try Prestate.load(builder.file(), version: version) }
      #expect(error.kind == .outOfRange)
    }
  }
}
