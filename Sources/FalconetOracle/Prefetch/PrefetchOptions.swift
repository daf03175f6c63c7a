import FalconetMachine

/// How a plan is carried out.
package struct PrefetchOptions: Sendable {
  /// How many hosts fetch side by side.
  package var hosts = 1
  /// The most pre-images that are fetched and that the run has not asked for: what a plan may cost in
  /// vain.
  package var budget: UInt64 = 1_000_000
  /// The most bytes of pre-images that wait for the run.
  package var byteLimit = 256 << 20
  /// Whether a run with a host of its own takes what is fetched. If not, the first host may be the only
  /// one, and what is fetched stays within the budget in all.
  package var isForRun = true
  /// Takes sentences about hosts that failed.
  package var report: @Sendable (String) -> Void = { _ in }

  package init() {}

  /// What stands for the host's number in its command.
  static let placeholder = "{n}"

  /// A host's command with its number.
  static func command(_ command: [String], _ number: Int) -> [String] {
    command.map { word in
      guard word.contains(placeholder) else { return word }
      return word.split(separator: placeholder, omittingEmptySubsequences: false)
        .joined(separator: "\(number)")
    }
  }

  /// Whether each host's command is another.
  static func isNumbered(_ command: [String]) -> Bool {
    command.contains { $0.contains(placeholder) }
  }
}
