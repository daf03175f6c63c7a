import FalconetTestSupport
import Testing

@Suite struct PublicInterfaceTests {
  /// Runs a script of the repository over the build that the tests are part of, and no other.
  private func check(with script: String) -> Int32 {
    let root = String(#filePath.dropLast("/Tests/FalconetTests/PublicInterfaceTests.swift".count))
    let build = #""$(dirname "$(readlink -f /proc/$PPID/exe)")""#
    return shell("FALCONET_BUILD=\(build) '\(root)/Scripts/\(script)' --check")
  }

  @Test("The public declarations are those of docs/public-api.txt, and each is documented")
  func baseline() throws { #expect(check(with: "public-api") == 0) }

  @Test("The library's documentation builds without a warning")
  func documentation() throws { #expect(check(with: "documentation") == 0) }
}
