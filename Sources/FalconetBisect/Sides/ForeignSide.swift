import FalconetForeignVM
import FalconetMachine
import FalconetProofs
import FalconetStreams
import Keccak

/// A run of a VM of which nothing is known but what ``ForeignRun`` says.
package final class ForeignSide: BisectSide {
  package let name: String
  package let version: StateVersion? = nil
  package let start: UInt64
  package let steps: [UInt64]? = nil
  package private(set) var claimCount = 0
  package var executed: UInt64 { run.executed }

  private let run: any ForeignRun
  private let verifier: ForeignLibrary?
  private var kept: (step: UInt64, state: ForeignKept)
  /// The least number of steps that the VM can't execute, as far as is known.
  private var failure: (step: UInt64, text: String)?

  /// A run from where it is.
  ///
  /// - Parameter verifier: what verifies its proofs, if anything does.
  package init(
    name: String, _ run: any ForeignRun, verifier: ForeignLibrary?
  ) throws(BisectError) {
    self.name = name
    self.run = run
    self.verifier = verifier.flatMap { $0.capabilities.contains(.verify) ? $0 : nil }
    do throws(ForeignError) {
      start = try run.status().step
      kept = (start, try run.keep())
    } catch { throw BisectError(error, of: name) }
  }

  package func claim(at step: UInt64) throws(BisectError) -> SideClaim {
    claimCount += 1
    if let failure, step >= failure.step {
      return SideClaim(value: .failed(failure.text), isEnd: true)
    }
    do throws(ForeignError) {
      if try run.status().step > step { try run.goBack(to: kept.state) }
      guard try run.status().step <= step else {
        throw ForeignError.noState(before: step)
      }
      try run.run(until: step)
      return SideClaim(bytes: try run.claim(), isEnd: try run.status().exited)
    } catch {
      guard error.isPanic else { throw BisectError(error, of: name) }
      failure = (try firstFailure(until: step), error.description)
      return SideClaim(value: .failed(error.description), isEnd: true)
    }
  }

  /// The step that failed, of which a library's machine knows that it is the next one.
  private func firstFailure(until step: UInt64) throws(BisectError) -> UInt64 {
    guard run is LibraryRun else { return step }
    do throws(ForeignError) { return try run.status().step &+ 1 } catch {
      throw BisectError(error, of: name)
    }
  }

  package func saveState() throws(BisectError) {
    do throws(ForeignError) {
      let step = try run.status().step
      if step != kept.step { kept = (step, try run.keep()) }
    } catch { throw BisectError(error, of: name) }
  }

  /// Goes to the state last kept.
  func goBack() throws(BisectError) {
    do throws(ForeignError) { try run.goBack(to: kept.state) } catch {
      throw BisectError(error, of: name)
    }
  }

  package func execute(_ step: UInt64) throws(BisectError) -> SideStep {
    try goBack()
    var result = ForeignStep()
    do throws(ForeignError) {
      try run.run(until: step)
      result.text = try run.describe()
      let kind = try run.kind()
      do throws(ForeignError) {
        let proof = try run.prove(at: step)
        result.proof = ForeignProofFile(vm: run.vm, kind: kind, proof: proof)
      } catch {
        if error.isPanic { return SideStep(failure: error.description, foreign: result) }
        // Nothing to prove, or no proofs: the step is executed without one.
        guard error.isOfExit || error.isUnsupported else { throw error }
        do throws(ForeignError) { try run.run(until: step + 1) } catch {
          guard error.isPanic else { throw error }
          return SideStep(failure: error.description, foreign: result)
        }
      }
      if let verifier, let proof = result.proof {
        result.isVerified = true
        do throws(ForeignError) { try verifier.verify(proof.proof) } catch {
          guard error.isRejection else { throw error }
          result.fault = error.description
        }
      }
      return SideStep(proof: result.proof.flatMap { StepProof($0.proof) }, foreign: result)
    } catch { throw BisectError(error, of: name) }
  }
}

extension StepProof {
  /// A proof of a VM of Cannon's family, which has the fields of Cannon's proofs; nil for one of another.
  package init?(_ proof: ForeignProof) {
    guard proof.fields.map(\.name) == ["state-data", "proof-data"],
      let pre = Bytes32(proof.pre), let post = Bytes32(proof.post)
    else { return nil }
    self.init(post: post, stateData: proof.fields[0].bytes, proofData: proof.fields[1].bytes)
    (step, self.pre) = (proof.step, pre)
    guard let read = proof.read else { return }
    guard let key = Bytes32(read.key) else { return nil }
    oracleKey = key
    oracleValue = withUnsafeBytes(of: UInt64(read.preimage.count).bigEndian) { Array($0) }
    oracleValue += read.preimage
    oracleOffset = read.offset
  }
}

extension WorkDirectory {
  /// The directory of a comparison.
  package static func make(
    in parent: String? = nil, label: String = "bisect"
  ) throws(BisectError) -> WorkDirectory {
    do throws(StreamError) { return try WorkDirectory(in: parent, label: label) } catch {
      throw .file(error)
    }
  }
}
