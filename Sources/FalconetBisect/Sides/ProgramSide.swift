import FalconetForeignVM
import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import Keccak

/// A run of another VM: a program with Cannon's commands `run` and `witness`.
package final class ProgramSide: BisectSide {
  /// How the program is called.
  package typealias Command = ForeignProgram.Command

  package let name: String
  package let start: UInt64
  package let steps: [UInt64]? = nil
  package var claimCount: Int { base.claimCount }
  package var executed: UInt64 { program.executed }

  private let program: ForeignProgram
  private let base: ForeignSide
  private let pageLimit: Int

  /// A run from the snapshot at `path` on.
  ///
  /// - Parameter pageLimit: the limit of the memory that a state which the program wrote is loaded into:
  ///   ``Memory/pageLimit``.
  package init(
    name: String, _ command: Command, snapshot path: String, folder: WorkDirectory,
    pageLimit: Int = .max
  ) throws(BisectError) {
    self.name = name
    self.pageLimit = pageLimit
    do throws(ForeignError) {
      program = try ForeignProgram(command, snapshot: path, label: name, folder: folder)
    } catch { throw BisectError(error, of: name) }
    base = try ForeignSide(name: name, program, verifier: nil)
    start = base.start
  }

  package var version: StateVersion? { program.version.flatMap { StateVersion(rawValue: $0) } }

  package func claim(at step: UInt64) throws(BisectError) -> SideClaim {
    try base.claim(at: step)
  }

  package func saveState() throws(BisectError) { try base.saveState() }

  package func execute(_ step: UInt64) throws(BisectError) -> SideStep {
    try execute(step, loadsState: true)
  }

  /// As ``execute(_:)``, from a state that may lie before the step.
  ///
  /// - Parameter loadsState: whether the state after the step is asked for.
  func execute(_ step: UInt64, loadsState: Bool) throws(BisectError) -> SideStep {
    try base.goBack()
    let isEnd = program.state.status.exited
    do throws(ForeignError) {
      let files = try program.writeProof(of: step)
      defer { WorkDirectory.remove(files.state) }
      var result = SideStep()
      do throws(StreamError) {
        if loadsState {
          let reading = SnapshotReading(
            bases: .beside(file: files.state), pageLimit: pageLimit,
            cancellation: program.command.cancellation)
          result.after = try Snapshot.load(from: FileSource(path: files.state), reading)
        }
      } catch { throw ForeignProgram.unusable("snapshot after step \(step)", error) }
      do throws(StreamError) {
        if !isEnd {
          result.proof = try ProofReader(FileSource(path: files.path)).next()
          if result.proof?.version == nil { result.proof?.version = version }
        }
      } catch { throw ForeignProgram.unusable("proof of step \(step)", error) }
      return result
    } catch {
      if error.isPanic { return SideStep(failure: error.message) }
      throw BisectError(error, of: name)
    }
  }
}
