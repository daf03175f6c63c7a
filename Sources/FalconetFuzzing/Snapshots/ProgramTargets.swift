import FalconetELF
import FalconetInsight
import FalconetMachine
import FalconetSnapshots
import FalconetStreams

/// ELF files, loaded for the state version that the first byte chooses.
struct ELFTarget: HostileInputCheck {
  /// Pages of the largest memory that is written in all formats. An input of a few bytes may ask for
  /// 1 GiB, which takes seconds.
  private static let pageLimit = 64

  func run(_ input: [UInt8]) throws {
    guard let choice = input.first else { return }
    let versions = StateVersion.allCases
    let version = versions[Int(choice) % versions.count]
    do {
      let elf = try ELFFile(bytes: Array(input.dropFirst()), name: "input")
      try look(elf, version)
      let prestate = try Prestate.load(elf, version: version)
      _ = prestate.symbols.sourceName(at: elf.entry)
      guard prestate.memory.pageCount <= Self.pageLimit else { return }
      try SnapshotChecks.check(MemoryImage(state: prestate.state, memory: prestate.memory))
    } catch let error as ELFError { try check(error) }
  }

  /// A reader may refuse what the loader takes.
  private func look(_ elf: ELFFile, _ version: StateVersion) throws {
    do { _ = try FrameTable(elf).functionCount } catch { try check(error) }
    do {
      let report = try elf.checkCompatibility(with: version)
      if report.findings.contains(where: { $0.function.isEmpty }) {
        try found("a finding without a function")
      }
    } catch let error as ELFError { try check(error) }
  }

  private func check(_ error: ELFError) throws {
    if error.message.isEmpty || error.remedy.isEmpty { try found("an error without a text") }
  }

  func seeds() -> [FuzzSeed] {
    StateVersion.allCases.flatMap { version in
      SeedELF.files(version.wordSize).map {
        FuzzSeed("\(version)-\($0.name)", [version.rawValue] + $0.bytes)
      }
    }
  }
}

/// `meta.json`.
struct SymbolTarget: HostileInputCheck {
  func run(_ input: [UInt8]) throws {
    do {
      let table = try SymbolTable.read(from: MemorySource(input, chunk: 5))
      let once = try written(table)
      let again = try written(SymbolTable.read(from: MemorySource(once)))
      if once != again { try found("written twice, and differs") }
      for index in 0..<table.count {
        let symbol = table[index]
        if symbol.size > 0 { _ = table.sourceName(at: symbol.start &+ symbol.size / 2) }
      }
    } catch let error as StreamError {
      if error.message.isEmpty { try found("an error without a text") }
    }
  }

  private func written(_ table: SymbolTable) throws(StreamError) -> [UInt8] {
    let sink = MemorySink()
    try table.write(to: sink)
    return sink.bytes
  }

  func seeds() -> [FuzzSeed] {
    [
      #"{"symbols":[{"name":"a.b","start":65536,"size":8},{"name":"\u00e9","start":1,"size":0}]}"#,
      #"{"symbols":[{"name":"_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE","start":1,"size":4}]}"#,
      #"{"symbols":[{"name":"_ZNSt6vectorIiSaIiEE9push_backEOi","start":1,"size":4}]}"#,
      #"{"symbols":[{"name":"_RNvCs1234_7mycrate3foo","start":1,"size":4}]}"#,
      #"{"more":[1,{"x":null}],"symbols":null}"#,
    ].enumerated().map { FuzzSeed("\($0)", Array($1.utf8)) }
  }
}
