import ArgumentParser

/// A flag for commands that print nothing but JSON, so that all that print results take it.
struct AlwaysJSON: ParsableArguments {
  @Flag(help: "Print JSON, as this command does in any case.")
  var json = false
}
