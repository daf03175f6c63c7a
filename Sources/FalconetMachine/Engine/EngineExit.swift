/// Why an engine's code ended a run.
enum EngineExit: UInt64 {
  /// The next block doesn't fit into the budget.
  case budget = 0
  /// The plain step must execute the next instruction.
  case leave = 1
  /// There is no code for the next block yet.
  case unprepared = 2
  /// The next block is to be executed in the form that checks each access, see ``BlockForm/checked``.
  case checked = 3
  /// A system call was executed, or failed, and the machine or the engine has what the run has to know.
  case stepped = 4
}
