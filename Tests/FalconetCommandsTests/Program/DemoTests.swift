import FalconetTestSupport
import Glibc
import Testing

@Suite("falconet demo")
struct DemoTests {
  @Test("It loads, runs and proves the built-in program, and tells what happened")
  func demo() throws {
    let folder = try TemporaryFolder()
    let outcome = try Tool.run(["demo"], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(outcome.log == "")
    #expect(folder.names == ["falconet-demo"])
    let files = TemporaryFolder.names(in: folder.file("falconet-demo"))
    #expect(files.count == 7)
    for file in files { #expect(outcome.text.contains("falconet-demo/" + file)) }

    let last = try witness(folder.file("falconet-demo/out.bin.gz"))
    #expect(last["exited"] == .bool(true))
    #expect(last["exitCode"] == .number(0))
    #expect(outcome.text.contains(try #require(last["witnessHash"]?.string)))
    let first = try witness(folder.file("falconet-demo/state.bin.gz"))
    #expect(outcome.text.contains(try #require(first["witnessHash"]?.string)))
    let proof = try #require(files.first { $0.hasPrefix("proof-") })
    let json = try JSONValue(folder.decompressed("falconet-demo/" + proof))
    #expect(json["oracle-key"] != nil)
  }

  @Test("The commands that it suggests work", arguments: ["falconet-demo", "it's here"])
  func next(_ name: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try Tool.run(["demo", "--dir", name], in: folder.path)
    let commands = outcome.text.split(separator: "\n").filter { $0.hasPrefix("  falconet ") }
    #expect(commands.count == 4)
    let tool = try Tool.path.get()
    for command in commands {
      let line = "cd '\(folder.path)' && '\(tool)'" + command.dropFirst("  falconet".count)
      #expect(shell(line + " > output 2>&1") == 0, "\(command)")
    }
    #expect(folder.names.contains("profile.svg"))
    #expect(folder.names.contains("proof-9000000.json"))
  }

  @Test("Another folder can be named, and used again")
  func folder() throws {
    let folder = try TemporaryFolder()
    for _ in 0..<2 {
      #expect(try Tool.run(["demo", "--dir", "a b"], in: folder.path).exitCode == 0)
      #expect(folder.names == ["a b"])
    }
  }

  @Test("A folder that can't be made is exit code 1", arguments: ["", "none/x", "file"])
  func badFolder(_ name: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("", to: "file")
    let outcome = try Tool.run(["demo", "--dir", name], in: folder.path)
    #expect(outcome.exitCode == 1)
    #expect(outcome.text == "")
    #expect(outcome.lines(with: "error: ").count == 1)
    #expect(folder.names == ["file"])
  }
}
