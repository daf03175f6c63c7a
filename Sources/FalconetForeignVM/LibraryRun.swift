import CFPVM
import FalconetStreams

/// A run of a VM in a library.
package final class LibraryRun: ForeignRun {
  package let library: ForeignLibrary
  package private(set) var machine: ForeignMachine
  package private(set) var executed: UInt64 = 0
  private let host: ForeignHost

  /// Bytes that a file may have.
  private static let limit: UInt64 = 1 << 32

  /// Opens the program or the state in a file.
  package init(
    _ library: ForeignLibrary, _ path: String, kind: String?, host: ForeignHost
  ) throws(ForeignError) {
    self.library = library
    self.host = host
    let bytes = try Self.bytes(of: path)
    do throws(ForeignError) {
      machine = try library.loadState(bytes, kind: kind)
    } catch let refusal {
      guard refusal.status == FPVM_BAD_DATA, library.capabilities.contains(.loadProgram) else {
        throw refusal.of(path)
      }
      do throws(ForeignError) {
        machine = try library.loadProgram(bytes, kind: kind)
      } catch { throw error.of(path) }
    }
    try machine.setHost(host)
  }

  private static func bytes(of path: String) throws(ForeignError) -> [UInt8] {
    do throws(StreamError) {
      return try ByteReader(FileSource(path: path)).readAll(limit: limit)
    } catch { throw ForeignError(error) }
  }

  package var vm: String { library.name }
  package var claimSize: Int { library.claimSize }

  package func status() throws(ForeignError) -> ForeignStatus {
    let info = try machine.info()
    return ForeignStatus(
      step: info.step, exited: info.exited, exitCode: info.exited ? info.exitCode : nil)
  }

  package func kind() throws(ForeignError) -> String? {
    library.name(ofKind: try machine.info().kind)
  }

  package func claim() throws(ForeignError) -> [UInt8] { try machine.claim() }
  package func witness() throws(ForeignError) -> [UInt8] { try machine.witness() }
  package func describe() throws(ForeignError) -> String? { try machine.describe() }

  package func run(until step: UInt64) throws(ForeignError) {
    let before = try machine.info().step
    defer { executed &+= ((try? machine.info().step) ?? before) &- before }
    let stop = try calling { () throws(ForeignError) in try machine.run(until: step) }
    switch stop {
    case .step, .exited:
      let info = try machine.info()
      guard info.step == max(step, before) || info.step < step && info.exited else {
        throw ForeignError(
          FPVM_INTERNAL, "it stopped at step \(info.step) when asked for \(step)")
      }
    case .callback: throw .interrupted
    case .read:
      throw ForeignError(FPVM_INTERNAL, "the VM stopped after a read, which it was not asked to do")
    }
  }

  package func prove(at step: UInt64) throws(ForeignError) -> ForeignProof {
    try run(until: step)
    let proof = try calling { () throws(ForeignError) in try machine.prove() }
    executed &+= 1
    guard proof.step == step, proof.pre.count == claimSize, proof.post.count == claimSize else {
      throw ForeignError(
        FPVM_INTERNAL,
        "asked for a proof of step \(step), it gave one of step \(proof.step) with claims of"
          + " \(proof.pre.count) and \(proof.post.count) bytes")
    }
    return proof
  }

  /// A call that executes steps, with what the host says if it failed.
  private func calling<Result>(
    _ body: () throws(ForeignError) -> Result
  ) throws(ForeignError) -> Result {
    do throws(ForeignError) { return try body() } catch {
      guard error.status == FPVM_PREIMAGE || error.status == FPVM_CALLBACK,
        let complaint = host.complaint?()
      else { throw error }
      throw ForeignError(error.status, "\(error): \(complaint)")
    }
  }

  package func keep() throws(ForeignError) -> ForeignKept { .machine(try machine.copy()) }

  package func goBack(to kept: ForeignKept) throws(ForeignError) {
    guard case .machine(let kept) = kept else {
      throw ForeignError(FPVM_INVALID, "the state is of another VM")
    }
    // What is kept stays as it is.
    try use(kept.copy())
  }

  package func write(to sink: any ByteSink) throws(ForeignError) { try machine.write(to: sink) }

  package func read(stateAt path: String) throws(ForeignError) {
    do throws(ForeignError) { try use(library.loadState(Self.bytes(of: path))) } catch {
      throw error.of(path)
    }
  }

  private func use(_ machine: ForeignMachine) throws(ForeignError) {
    try machine.setHost(host)
    self.machine = machine
  }
}

extension ForeignError {
  /// A call that was cancelled.
  package static let interrupted = ForeignError(FPVM_STOP, "interrupted")

  package var isInterruption: Bool { status == FPVM_STOP }

  /// Whether the program did something illegal.
  package var isPanic: Bool { status == FPVM_PANIC }

  /// Whether the VM does not have what was asked for.
  package var isUnsupported: Bool { status == FPVM_UNSUPPORTED }

  /// Whether a proof does not hold.
  package var isRejection: Bool { status == FPVM_REJECTED }

  /// Whether there is no step to prove.
  package var isOfExit: Bool { status == FPVM_EXITED }

  package static func noState(before step: UInt64) -> ForeignError {
    ForeignError(FPVM_INVALID, "it has no state before step \(step)")
  }

  /// A file that can't be read or written.
  package init(_ error: StreamError) {
    self = error.kind == .interrupted ? .interrupted : ForeignError(FPVM_CALLBACK, "\(error)")
  }

  /// The same error, of a file.
  func of(_ path: String) -> ForeignError {
    isInterruption || message.hasPrefix(path) ? self : ForeignError(status, "\(path): \(self)")
  }
}
