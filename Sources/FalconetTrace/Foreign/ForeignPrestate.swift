import CFPVM
import FalconetForeignVM
import Keccak

/// What answers need of a prestate of another VM.
struct ForeignPrestate {
  let vm: String?
  let name: TraceName
  /// The kind's name, if it has one, and its number in the library that the run is of.
  let kind: String?
  let kindNumber: UInt32 = 0
  let claim: [UInt8]
  let witness: [UInt8]
  /// The steps that led to it.
  let step: UInt64

  init(_ run: any ForeignRun, _ source: ForeignTraceSource) throws(TraceError) {
    vm = source.vm
    let status: ForeignStatus
    do throws(ForeignError) {
      status = try run.status()
      kind = try run.kind()
      claim = try run.claim()
      witness = try run.witness()
    } catch { throw .vm(error) }
    step = status.step
    name = TraceName(
      ofVM: kind.map { "\(source.name) \($0)" } ?? source.name,
      prestate: Bytes32(padding: claim))
    guard !status.exited else { throw .exitedPrestate(step: step) }
    guard claim.count <= 32 else {
      throw .vm(
        ForeignError(
          FPVM_UNSUPPORTED,
          "claims of \(source.name) have \(claim.count) bytes, and the log of a trace has room for 32"
        ))
    }
  }
}
