import FalconetELF
import FalconetTestSupport
import Testing

@Suite struct SymbolTableTests {
  private func table(_ symbols: [Symbol]) throws -> SymbolTable {
    try #require(SymbolTable(symbols))
  }

  @Test func `a table without symbols knows no address`() throws {
    let empty = try table([])
    #expect(empty.isEmpty)
    #expect(empty.name(at: 0) == "!unknown")
    #expect(empty.name(at: .max) == "!unknown")
    #expect(empty.symbol(at: 5) == nil)
  }

  @Test(
    arguments: [
      (0, "!start"), (99, "!start"),
      (100, "first"), (104, "first"), (109, "first"),
      (110, "first"),  // right behind it still counts
      (111, "!gap"), (199, "!gap"),
      (200, "point"), (201, "!gap"),
      (300, "long"), (305, "inner"), (307, "inner"), (308, "!gap"), (320, "!gap"),
      (UInt64.max, "!gap"),
    ] as [(UInt64, String)])
  func `an address is looked up as Cannon does`(address: UInt64, name: String) throws {
    let symbols = try table([
      Symbol(name: "inner", start: 305, size: 2),
      Symbol(name: "first", start: 100, size: 10),
      Symbol(name: "long", start: 300, size: 100),
      Symbol(name: "point", start: 200, size: 0),
    ])
    #expect(symbols.name(at: address) == name)
    #expect(symbols.symbol(at: address)?.name == (name.hasPrefix("!") ? nil : name))
  }

  @Test func `symbols are sorted by start and keep their order among equals`() throws {
    let symbols = try table([
      Symbol(name: "c", start: 7, size: 1), Symbol(name: "a", start: 7, size: 9),
      Symbol(name: "z", start: 3, size: 1), Symbol(name: "b", start: 7, size: 2),
    ])
    #expect((0..<symbols.count).map { symbols[$0].name } == ["z", "c", "a", "b"])
    #expect(symbols.name(at: 7) == "b")
    #expect(symbols.name(at: 10) == "!gap")
  }

  @Test func `a symbol whose end wraps reaches nowhere`() throws {
    let symbols = try table([Symbol(name: "huge", start: 16, size: .max)])
    #expect(symbols.name(at: 16) == "!gap")
    #expect(try table([Symbol(name: "top", start: .max, size: 0)]).name(at: .max) == "top")
  }

  @Test func `lookups agree with a linear search`() throws {
    var random = SeededGenerator(seed: 2)
    for _ in 0..<200 {
      let symbols = (0..<Int.random(in: 1...40, using: &random)).map { index in
        Symbol(
          name: "s\(index)", start: .random(in: 0...60, using: &random),
          size: .random(in: 0...5, using: &random))
      }
      let sorted = symbols.enumerated().sorted {
        ($0.element.start, $0.offset) < ($1.element.start, $1.offset)
      }
      let found = try table(symbols)
      for address: UInt64 in 0...70 {
        let last = sorted.last { $0.element.start <= address }?.element
        let expected = last.map { $0.start + $0.size < address ? "!gap" : $0.name } ?? "!start"
        #expect(found.name(at: address) == expected)
      }
    }
  }
}
