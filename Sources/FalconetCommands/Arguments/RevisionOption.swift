import ArgumentParser
import FalconetMachine
import Logging

/// The revision of a state version, for every command that executes steps of a state.
struct RevisionOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Revision of the state version, by contract version or date, as 'falconet list' names it \
      (default: the one that the snapshot records, or else the newest).
      """, valueName: "revision"))
  var revision: String?

  /// The revision for a state. Logs what the user should know of the choice.
  func chosen(for state: MachineState, _ logger: Logger) throws(CommandError) -> Revision {
    do {
      let chosen = try Revision.chosen(named: revision, for: state)
      if let remark = remark(on: chosen, for: state) { logger.warning("\(remark)") }
      return chosen
    } catch { throw CommandError("\(error); --revision chooses one, and list names them") }
  }

  /// What is worth saying if a state was executed by other rules than it continues with, or by other
  /// rules than the newest.
  private func remark(on chosen: Revision, for state: MachineState) -> String? {
    guard let recorded = state.revision, recorded != chosen.name else {
      return revision == nil && !chosen.isNewest
        ? "The snapshot records revision \(chosen.name), which is not the newest" : nil
    }
    return "The snapshot records revision \(recorded), and continues by revision \(chosen.name)"
  }
}
