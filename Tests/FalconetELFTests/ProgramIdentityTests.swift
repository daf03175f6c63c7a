import FalconetELF
import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Testing

@Suite("Which program a state is of")
struct ProgramIdentityTests {
  private func prestate(_ name: String) throws -> Prestate {
    try Prestate.load(ELFFile(path: Fixtures.path("guests/64/\(name).elf")), version: .v8)
  }

  private func read(_ text: [UInt8]) throws -> ProgramIdentity? {
    try SymbolTable.readMetadata(from: MemorySource(text, name: "meta.json", chunk: 7)).program
  }

  private func written(_ prestate: Prestate) throws -> [UInt8] {
    let sink = MemorySink()
    try prestate.symbols.write(to: sink, program: prestate.program)
    return sink.bytes
  }

  @Test("A program's own states have it, whatever it has executed; another program's have not")
  func matches() throws {
    let hello = try prestate("hello")
    let program = try #require(hello.program)
    #expect(program.pages.count > 32)
    #expect(program.matches(hello.memory))
    let machine = Machine(state: hello.state, memory: hello.memory)
    _ = try machine.run(until: 200_000)
    #expect(program.matches(machine.memory))
    #expect(try !program.matches(prestate("oracle").memory))
    #expect(try prestate("oracle").program != program)
  }

  @Test("It is written after the symbols, and read back")
  func json() throws {
    let hello = try prestate("hello")
    let text = try written(hello)
    #expect(try read(text) == hello.program)
    let sink = MemorySink()
    try hello.symbols.write(to: sink)
    // All but the end, which closes the list and the object.
    #expect(text.starts(with: sink.bytes.dropLast(4)))
    #expect(try read(sink.bytes) == nil)
  }

  @Test(
    "What another program wrote under the same name is skipped",
    arguments: [
      "5", "\"kona\"", "null", "[1]", "{}", "{\"pages\": 3, \"keccak256\": null}",
      "{\"pages\": []}", "{\"name\": \"kona\", \"keccak256\": \"0x12\"}",
    ])
  func foreign(_ value: String) throws {
    #expect(try read(Array("{\"program\": \(value), \"symbols\": []}".utf8)) == nil)
  }

  @Test(
    "A list of pages that is none is an error",
    arguments: ["[5]", "[\"4096\"]", "[\"0xg\"]", "[\"0x10000000000000000\"]", "[[]]"])
  func corrupt(_ pages: String) throws {
    let error = #expect(throws: StreamError.self) {
      try read(Array("{\"symbols\": [], \"program\": {\"pages\": \(pages)}}".utf8))
    }
    #expect(error?.path == "meta.json")
  }
}
