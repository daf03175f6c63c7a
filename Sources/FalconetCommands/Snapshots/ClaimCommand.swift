import ArgumentParser
import FalconetSnapshots
import FalconetStreams
import Keccak

struct ClaimCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "claim", usage: "<snapshot> ... [<options>]",
    abstract: "Print the claims of snapshots.",
    discussion: """
      Only the header of an .fsnap file is read, and 'unverified' follows the claim. With \
      --verify, and in any other format, all of the file is read and hashed.
      """,
    examples: ["falconet claim state.bin.gz", "falconet claim --json state.bin.gz out.bin.gz"])

  @OptionGroup var inputs: InputArguments

  @Flag(help: "Also read and hash all of an .fsnap file.")
  var verify = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "Reading snapshots") var snapshot: SnapshotOptions

  func run() throws {
    guard !verify || !snapshot.trustPages else {
      throw UsageError("--verify hashes what --trust-pages does not: leave one out")
    }
    let inputs = try inputs.paths()
    let writer = json ? JSONWriter(to: OutputFile.standard()) : nil
    do throws(StreamError) {
      try writer?.beginArray()
      for input in inputs {
        let (claim, isVerified) = try claim(of: input)
        let mark = isVerified ? "" : " unverified"
        guard let writer else {
          try OutputFile.print(["\(claim)\(mark)\(inputs.count > 1 ? "  \(input)" : "")"])
          continue
        }
        try writer.object { () throws(StreamError) in
          try writer.member("snapshot", fileName: input)
          try writer.member("claim", hex: claim.bytes)
          if !isVerified { try writer.member("unverified", true) }
        }
      }
      try writer?.endArray()
      try writer?.finish()
    } catch { throw CommandError(error, while: "failed to read state") }
  }

  private func claim(of input: String) throws(StreamError) -> (Bytes32, isVerified: Bool) {
    if !verify, let claim = try headerClaim(input) { return (claim, false) }
    let calculator = ClaimCalculator()
    _ = try Snapshot.read(Inputs.source(input), snapshot.reading(input), into: calculator)
    guard let claim = calculator.claim else {
      throw StreamError(.truncated, path: input, message: "the snapshot has no end")
    }
    return (claim, calculator.isVerified)
  }

  /// The claim that a file states before its pages; nil if it states none, and for streams, which cannot be
  /// read twice.
  private func headerClaim(_ path: String) throws(StreamError) -> Bytes32? {
    guard path != "-" else { return nil }
    let file = try FileSource(path: path, Interruption.cancellation)
    guard file.size != nil else { return nil }
    return try SnapshotFormat.statedClaim(ByteReader(file))
  }
}
