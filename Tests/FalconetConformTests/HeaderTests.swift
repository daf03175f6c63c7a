import CFPVM
import FalconetConform
import FalconetForeignVM
import FalconetTestSupport
import Testing

/// The header, and what its specification says of it.
@Suite struct HeaderTests {
  private static let sources = "#include <fpvm.h>\n#include <fpvm_calls.h>\n"

  private static func compile(_ command: String, _ text: String, _ file: String) throws {
    try ExampleVM.shell(
      """
      folder=$(mktemp -d)
      trap 'rm -rf "$folder"' EXIT
      cat > "$folder/\(file)" <<'TEXT'
      \(text)
      TEXT
      \(command) -Wall -Wextra -Werror -pedantic -I '\(ExampleVM.repository)/fpvm' \
        -fsyntax-only "$folder/\(file)"
      """)
  }

  @Test(
    "The header is C99 and C++11, without a warning",
    .enabled(if: ExampleVM.stack.canBeBuilt, "no C compiler: cc"))
  func compiles() throws {
    try Self.compile("cc -std=c99", Self.sources, "test.c")
    try Self.compile("c++ -std=c++11", Self.sources, "test.cc")
  }

  @Test("The header names nothing that is one VM's")
  func neutral() throws {
    for file in ["fpvm.h", "fpvm_calls.h", "README.md", "LICENSE", "module.modulemap"] {
      let text = try ExampleVM.text(of: "fpvm/" + file).lowercased()
      for word in ["falconet", "mips", "cannon", "asterisc"] {
        #expect(!text.contains(word), "\(file): \(word)")
      }
    }
  }

  @Test(
    "The structures have the sizes and offsets that the specification lists",
    .enabled(if: ExampleVM.stack.canBeBuilt, "no C compiler: cc"))
  func layout() throws {
    var checks: [String] = []
    var ends: [String: Int] = [:]
    for line in try ExampleVM.text(of: "docs/fpvm.md").split(separator: "\n")
    where line.hasPrefix("| `fpvm_") {
      let cells = line.split(separator: "|").map { $0.filter { $0 != "`" } }
      let name = cells[0].filter { $0 != " " }
      let size = try #require(Int(cells[1].filter { $0 != " " }))
      checks.append("_Static_assert(sizeof(\(name)) == \(size), \"\(name)\");")
      ends[name] = size
      for member in cells[2].split(separator: ",") {
        let words = member.split(separator: " ")
        checks.append(
          "_Static_assert(offsetof(\(name), \(words[0])) == \(words[1]), \"\(name).\(words[0])\");")
      }
    }
    #expect(ends.count == 14)
    #expect(ends["fpvm_table"] == MemoryLayout<fpvm_table>.size)
    #expect(checks.count > 90)
    try Self.compile("cc -std=c11", Self.sources + checks.joined(separator: "\n"), "test.c")
  }

  @Test("The specification names each status, capability and function of the table")
  func complete() throws {
    let header = try ExampleVM.text(of: "fpvm/fpvm.h")
    let specification = try ExampleVM.text(of: "docs/fpvm.md")
    let names = header.matches(of: /#define (FPVM_[A-Z_]+) [0-9]/).map { String($0.output.1) }
    #expect(names.count > 25)
    for name in names { #expect(specification.contains("`\(name)`"), "\(name)") }
    let functions = header.matches(of: /\(\*([a-z_]+)\)\(/).map { String($0.output.1) }
    #expect(functions.count > 17)
    for name in functions where !name.hasPrefix("fpvm_") {
      #expect(specification.contains("`\(name)`"), "\(name)")
    }
  }

  @Test("What is no VM's library is an error that says so")
  func wrongLibrary() throws {
    for (path, word) in [("/no/such/library.so", "cannot load"), ("libc.so.6.none", "cannot load")]
    {
      let error = #expect(throws: ForeignError.self) { _ = try ForeignLibrary(path: path) }
      #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }
  }
}
