import FalconetStreams

/// A run of a VM of which nothing is known but its claims, states and proofs: in a library that
/// implements fpvm.h, or a program with Cannon's command line.
///
/// It is at one of its steps, and goes forwards from there, or back to a state that was kept.
package protocol ForeignRun: AnyObject {
  /// The VM's name, for people.
  var vm: String { get }
  /// Bytes of a claim.
  var claimSize: Int { get }
  /// Steps executed since the run was opened.
  var executed: UInt64 { get }

  func status() throws(ForeignError) -> ForeignStatus
  /// The name of the state's kind; nil if the VM has no names of kinds.
  func kind() throws(ForeignError) -> String?
  func claim() throws(ForeignError) -> [UInt8]
  /// What the claim is computed of.
  func witness() throws(ForeignError) -> [UInt8]
  /// What the next step does, for people; nil if the VM does not say.
  func describe() throws(ForeignError) -> String?

  /// Goes on to a step, or to the end of the program if that comes first.
  ///
  /// - Throws: ``ForeignError`` with the status `FPVM_PANIC` if the program does something illegal
  ///   before that, and `FPVM_STOP` if the run was interrupted.
  func run(until step: UInt64) throws(ForeignError)
  /// Goes on to a step, executes it, and proves it.
  ///
  /// - Throws: ``ForeignError``, with the status `FPVM_EXITED` if the program exits before that.
  func prove(at step: UInt64) throws(ForeignError) -> ForeignProof

  /// The state, to come back to.
  func keep() throws(ForeignError) -> ForeignKept
  func goBack(to kept: ForeignKept) throws(ForeignError)
  /// Writes the state as the VM does.
  func write(to sink: any ByteSink) throws(ForeignError)
  /// Goes to the state in a file that was written so.
  func read(stateAt path: String) throws(ForeignError)
}

/// Where a run is.
package struct ForeignStatus: Sendable, Equatable {
  package var step: UInt64
  package var exited: Bool
  /// Nil if the VM does not say.
  package var exitCode: UInt64?

  package init(step: UInt64, exited: Bool, exitCode: UInt64? = nil) {
    self.step = step
    self.exited = exited
    self.exitCode = exitCode
  }
}

/// A state that a run comes back to.
package enum ForeignKept {
  case machine(ForeignMachine)
  case file(ForeignState)
}

/// A VM that can be run, of either form.
package enum ForeignVM: Sendable {
  /// A library, with the kind of each input.
  case library(ForeignLibrary, kind: String? = nil)
  case program(ForeignProgram.Command)

  package var name: String {
    switch self {
    case .library(let library, _): library.name
    case .program(let command): command.program.first ?? ""
    }
  }

  /// Opens a program or a state. A state is what begins with its own claim; anything else is a program. A
  /// VM with Cannon's command line has states alone.
  ///
  /// - Parameters:
  ///   - label: what files in `folder` are named by.
  ///   - folder: where a program's states lie; a library uses none.
  ///   - host: what a library's machine calls; a program has its own server.
  package func open(
    _ path: String, label: String = "vm", folder: WorkDirectory, host: ForeignHost = ForeignHost()
  ) throws(ForeignError) -> any ForeignRun {
    switch self {
    case .library(let library, let kind):
      try LibraryRun(library, path, kind: kind, host: host)
    case .program(let command):
      try ForeignProgram(command, snapshot: path, label: label, folder: folder)
    }
  }
}
