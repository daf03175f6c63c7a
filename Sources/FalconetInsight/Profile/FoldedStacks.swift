/// The text form of a profile that flame graph tools read.
enum FoldedStacks {
  /// A line for each stack, in the order of the names.
  static func text(of profile: Profile) -> String {
    profile.stepsByFunctions
      .map { (stack: $0.key.map(name).joined(separator: ";"), steps: $0.value) }
      .sorted { ($0.stack, $0.steps) < ($1.stack, $1.steps) }
      .map { "\($0.stack) \($0.steps)\n" }
      .joined()
  }

  /// A name without what separates names.
  private static func name(_ function: String) -> String {
    function.contains(";") ? String(function.map { $0 == ";" ? "," : $0 }) : function
  }
}
