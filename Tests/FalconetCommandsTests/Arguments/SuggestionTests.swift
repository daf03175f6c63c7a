import FalconetCommands
import Testing

@Suite("What a mistyped name was meant to be")
struct SuggestionTests {
  private static let names = ["run", "verify", "witness", "inspect", "--proof-at", "--input"]

  @Test(
    "Letters that are missing, too many, wrong or swapped",
    arguments: [
      ("rnu", "run"), ("rn", "run"), ("verfy", "verify"), ("verrify", "verify"),
      ("Verify", "verify"), ("witnss", "witness"), ("ispnect", "inspect"), ("--inptu", "--input"),
      ("--prof-at", "--proof-at"),
    ])
  func close(_ word: String, _ name: String) {
    #expect(Suggestion.closest(to: word, among: Self.names) == name)
  }

  @Test(
    "A name that is like none has no suggestion",
    arguments: ["", "x", "frobnicate", "--bogus", "--proof"])
  func far(_ word: String) {
    #expect(Suggestion.closest(to: word, among: Self.names) == nil)
  }

  @Test("Of names that are as close, it is the first; a closer one comes before")
  func order() {
    #expect(Suggestion.closest(to: "cat", among: ["bat", "hat", "cart"]) == "bat")
    #expect(Suggestion.closest(to: "checkelf", among: ["check-all", "check-elf"]) == "check-elf")
  }
}
