import FalconetCommands
import Testing

@Suite("Files as arguments or with flags")
struct FilePlacesTests {
  private func fill(_ input: String?, _ output: String?, _ arguments: String?...) throws -> [String]
  {
    try FilePlaces.fill(
      [.init("snapshot", flag: "--input", input), .init("new file", flag: "--output", output)],
      with: arguments)
  }

  @Test("Arguments fill the places that flags leave")
  func fill() throws {
    #expect(try fill(nil, nil, "a", "b") == ["a", "b"])
    #expect(try fill("a", nil, "b", nil) == ["a", "b"])
    #expect(try fill(nil, "b", "a") == ["a", "b"])
    #expect(try fill("a", "b", nil, nil) == ["a", "b"])
  }

  @Test("What is missing, or too much, is named")
  func mistakes() {
    func message(_ body: () throws -> [String]) -> String? {
      #expect(throws: UsageError.self) { try body() }?.description
    }
    #expect(
      message { try fill(nil, nil) } == "no snapshot is given: name it, or give it with --input")
    #expect(
      message { try fill(nil, nil, "a") }
        == "no new file is given: name it, or give it with --output")
    #expect(message { try fill("a", nil, "b", "c") } == "unexpected argument 'c'")
  }
}
