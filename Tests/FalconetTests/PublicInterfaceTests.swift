import FalconetTestSupport
import Testing

@Suite struct PublicInterfaceTests {
  @Test("The public declarations are those of docs/public-api.txt, and each is documented")
  func baseline() {
    let root = String(#filePath.dropLast("/Tests/FalconetTests/PublicInterfaceTests.swift".count))
    #expect(shell("'\(root)/Scripts/public-api' --check") == 0)
  }
}
