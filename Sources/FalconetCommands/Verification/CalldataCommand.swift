import ArgumentParser
import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetStreams
import Keccak

struct CalldataCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "calldata", usage: "<proof> [<options>]",
    abstract: "Print the contract calls that execute a proof's step.",
    discussion: """
      If the step reads a pre-image, the first call loads the part that it reads, and a call to \
      read asks the oracle contract whether that part is loaded. The last call is step. Each \
      line has the purpose, the function and the data.
      The proof is verified first.
      """,
    examples: [
      "falconet calldata proof-591664.json.gz",
      "falconet calldata --json proof-591664.json.gz \\",
      "  --caller 0x\(String(repeating: "ab", count: 20))",
    ])

  @Argument(
    help: ArgumentHelp("Proof file; - is standard input.", valueName: "proof"),
    completion: .file())
  var argument: String?

  @Option(
    help: ArgumentHelp("The same as the argument.", valueName: "proof"), completion: .file())
  var input: String?

  @OptionGroup var version: StateVersionOption

  @Option(
    help: ArgumentHelp(
      "Directory in which a host stored what the keys of blobs and precompiles are hashes of.",
      valueName: "directory"), completion: .directory)
  var preimages: String?

  @Option(
    help: ArgumentHelp("KZG proof of a blob's field element, in hexadecimal.", valueName: "hex"))
  var kzgProof: String?

  @Option(
    help: ArgumentHelp(
      "Local context of the dispute, 32 bytes in hexadecimal (default: zeros).", valueName: "hex"))
  var localContext: String?

  @Option(
    help: ArgumentHelp(
      "Address of the dispute game, on which the keys of local inputs depend.",
      valueName: "address"))
  var caller: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let path = try FilePlaces.fill([.init("proof", flag: "--input", input)], with: [argument])[0]
    var context = try context()
    let version = try version.parsed()
    let proof = try read(path)
    let verdict = ProofVerifier.verify(
      proof, version: version, revisions: try self.version.revisions())
    let findings = verdict.findings.filter { $0.fault == nil }
    guard !findings.isEmpty else {
      let fault = verdict.fault ?? verdict.findings.first?.fault
      let reason = fault.map { ": \($0)" } ?? ""
      throw CommandError("\(path): the contract would not execute this proof\(reason)")
    }
    do {
      if let preimages { context.store = try DirectoryOracle(path: preimages) }
    } catch { throw CommandError("\(error)") }
    let calls: StepCalls
    do throws(CalldataError) { calls = try StepCalls(proof, context) } catch {
      let flag =
        switch error {
        case .noStore: " with --preimages"
        case .noKZGProof: " with --kzg-proof"
        default: ""
        }
      throw CommandError("\(path): \(error)\(flag)")
    }
    do {
      try CalldataOutput(calls: calls, findings: findings).print(asJSON: json)
    } catch { throw CommandError(error, while: "failed to write") }
  }

  private func context() throws(UsageError) -> StepCalls.Context {
    var context = StepCalls.Context()
    if let localContext {
      guard let bytes = Bytes32(hex: localContext) else {
        throw UsageError("--local-context takes 32 bytes in hexadecimal, not \"\(localContext)\"")
      }
      context.localContext = bytes
    }
    if let caller {
      guard let address = EthereumAddress(hex: caller) else {
        throw UsageError("--caller takes an address, 20 bytes in hexadecimal, not \"\(caller)\"")
      }
      context.caller = address
    }
    if let kzgProof {
      guard let bytes = Hex.decode(kzgProof), bytes.count == 48 else {
        throw UsageError("--kzg-proof takes 48 bytes in hexadecimal")
      }
      context.kzgProof = bytes
    }
    return context
  }

  /// The only proof of the file.
  private func read(_ path: String) throws(CommandError) -> StepProof {
    do throws(StreamError) {
      let reader = try ProofReader(Inputs.source(path))
      guard let first = try reader.next() else {
        throw StreamError(.corrupt, path: path, message: "the file holds no proof")
      }
      guard try reader.next() == nil else {
        throw StreamError(
          .corrupt, path: path, message: "the file holds several proofs",
          remedy: "put the one that is meant into a file of its own")
      }
      return first
    } catch { throw CommandError(error, while: "failed to read the proof") }
  }
}

/// The calls of one step as text or JSON.
private struct CalldataOutput {
  let calls: StepCalls
  /// The versions in which the proof holds.
  let findings: [ProofVerifier.Finding]

  /// In the order in which they are made.
  private var named: [(purpose: String, contract: String, call: ContractCall)] {
    var named: [(String, String, ContractCall)] = []
    if let load = calls.load { named.append(("load", "PreimageOracle", load)) }
    if let read = calls.read { named.append(("read", "PreimageOracle", read)) }
    return named + [("step", "MIPS", calls.step)]
  }

  func print(asJSON: Bool) throws(StreamError) {
    guard asJSON else {
      return try OutputFile.print(
        named.map { "\($0.purpose) \($0.call.signature) \(Hex.encode($0.call.data, prefix: true))" }
      )
    }
    let json = JSONWriter(to: OutputFile.standard())
    try json.beginObject()
    try json.member("stateVersions", array: findings) { (finding) throws(StreamError) in
      try json.number(finding.version.rawValue)
    }
    if let step = findings.first?.execution?.before.state.scalars.step {
      try json.member("step", step)
    }
    if let key = calls.key { try json.member("key", hex: key.bytes) }
    try json.member("calls", objects: named) { (item) throws(StreamError) in
      try json.member("purpose", item.purpose)
      try json.member("contract", item.contract)
      try json.member("function", item.call.signature)
      try json.member("arguments") { () throws(StreamError) in
        for argument in item.call.arguments {
          try json.member(argument.name, argument.value.text)
        }
      }
      try json.member("data", hex: item.call.data)
    }
    try json.endObject()
    try json.finish()
  }
}
