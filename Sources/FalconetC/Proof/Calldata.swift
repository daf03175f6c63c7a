// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetMachine
import FalconetOracle
import FalconetProofs
import Keccak

@c @implementation
public func falconet_proof_calldata(
  _ proof: OpaquePointer?, _ options: UnsafePointer<falconet_calldata_options>?,
  _ call: falconet_contract_call_fn?, _ context: UnsafeMutableRawPointer?
) -> falconet_status {
  FalconetC.call { () throws(CallError) in
    let callback = try Argument.pointer(call, "call")
    let report = ContractCallReport(callback: callback, context: context)
    let needs = try StepCalls.Context(options?.pointee ?? falconet_calldata_options())
    let calls = try ProofHandle.use(proof) { (proof) throws(CallError) in
      do throws(CalldataError) { return try StepCalls(proof, needs) } catch {
        throw CallError(error)
      }
    }
    if let load = calls.load { report.tell("load", "PreimageOracle", load) }
    if let read = calls.read { report.tell("read", "PreimageOracle", read) }
    report.tell("step", "MIPS", calls.step)
  }
}

/// Safety: pointers that are not NULL point to as many bytes as `falconet.h` asks for, which is the
/// caller's promise.
extension StepCalls.Context {
  fileprivate init(_ options: falconet_calldata_options) throws(CallError) {
    self.init()
    func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) throws(CallError) -> [UInt8]? {
      start == nil ? nil : Array(try Argument.elements(start, count, "options"))
    }
    localContext = try bytes(options.local_context, 32).flatMap { Bytes32($0) } ?? Bytes32()
    caller = try bytes(options.caller, 20).flatMap { EthereumAddress($0) }
    kzgProof = try bytes(options.kzg_proof, 48)
    guard options.preimage_folder != nil else { return }
    let path = try Argument.fileName(options.preimage_folder, "preimage_folder")
    do throws(PreimageError) { store = try DirectoryOracle(path: path) } catch {
      throw CallError(error)
    }
  }
}

extension CallError {
  fileprivate init(_ error: CalldataError) {
    switch error {
    case .noStore, .noKZGProof, .kzgProofSize: self = .invalid("\(error)")
    case .store(let error): self.init(error)
    case .noLength, .offset, .unknownType, .localTooLong, .blobSize, .storedSize:
      self.init(FALCONET_BAD_DATA, "\(error)")
    }
  }
}

/// Calls the callback for each call of a contract.
///
/// Safety: the context is passed on, never followed; texts and bytes are valid during each call of the
/// callback.
private struct ContractCallReport {
  let callback: falconet_contract_call_fn
  let context: UnsafeMutableRawPointer?

  func tell(_ purpose: String, _ contract: String, _ call: ContractCall) {
    let texts = Texts()
    call.data.withUnsafeBufferPointer { data in
      let result = falconet_contract_call(
        purpose: texts.add(purpose), contract: texts.add(contract),
        function: texts.add(call.signature), data: data.baseAddress, count: data.count)
      withUnsafePointer(to: result) { callback(context, $0) }
    }
    extendLifetime(texts)
  }
}
