import ArgumentParser
import Falconet

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the state versions that this program runs.")

  func run() throws {
    // Cannon lists the programs it holds, one a version; the lines are kept for what reads them.
    let versions = StateVersion.allCases.map {
      "filename: cannon-\($0.rawValue)\tversion: \($0.name) (\($0.rawValue))"
    }
    try OutputFile.print(["Available cannon versions:"] + versions)
  }
}
