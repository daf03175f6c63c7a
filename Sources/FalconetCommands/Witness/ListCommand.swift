import ArgumentParser
import Falconet

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the state versions that this program runs.")

  func run() throws {
    // Cannon lists the programs it holds, one a version; the lines are kept for what reads them.
    print("Available cannon versions:")
    for version in StateVersion.allCases {
      print(
        "filename: cannon-\(version.rawValue)\tversion: \(version.name) (\(version.rawValue))")
    }
  }
}
