import ArgumentParser

extension CommandConfiguration {
  /// A command whose help has examples. They work, in their order, in the directory that `falconet demo`
  /// makes, unless they name a program of others; a test runs them.
  ///
  /// - Parameters:
  ///   - usage: what follows the command's name.
  ///   - examples: lines of at most 77 characters.
  static func command(
    _ name: String, under parent: String = "falconet", usage: String, abstract: String,
    discussion: String = "", examples: [String], subcommands: [any ParsableCommand.Type] = [],
    shouldDisplay: Bool = true
  ) -> CommandConfiguration {
    let list = "EXAMPLES:\n" + examples.map { "  " + $0 }.joined(separator: "\n")
    return CommandConfiguration(
      commandName: name, abstract: abstract, usage: "\(parent) \(name) \(usage)",
      discussion: discussion.isEmpty ? list : discussion + "\n\n" + list,
      shouldDisplay: shouldDisplay, subcommands: subcommands)
  }
}
