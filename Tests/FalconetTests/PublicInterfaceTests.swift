import FalconetTestSupport
import Testing

@Suite struct PublicInterfaceTests {
  @Test("The public declarations are those of docs/public-api.txt, and each is documented")
  func baseline() throws {
    let root = String(#filePath.dropLast("/Tests/FalconetTests/PublicInterfaceTests.swift".count))
    // The build that the tests are part of, and no other.
    let check = """
      FALCONET_BUILD="$(dirname "$(readlink -f /proc/$PPID/exe)")" '\(root)/Scripts/public-api' --check
      """
    #expect(shell(check) == 0)
  }
}
