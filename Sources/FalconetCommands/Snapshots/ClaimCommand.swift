import ArgumentParser
import FalconetSnapshots
import FalconetStreams
import Keccak

struct ClaimCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "claim",
    abstract: "Print a snapshot's claim.",
    discussion: """
      Only the header of an .fsnap file is read, and 'unverified' follows the claim. With \
      --verify, and in any other format, all of the file is read and hashed.
      """)

  @Argument(help: "Snapshots to read; - is standard input.", completion: .file())
  var inputs: [String]

  @Flag(help: "Also read and hash all of an .fsnap file.")
  var verify = false

  @OptionGroup var snapshot: SnapshotOptions

  func run() throws {
    guard !verify || !snapshot.trustPages else {
      throw UsageError("--verify hashes what --trust-pages does not: leave one out")
    }
    for input in inputs {
      let name = inputs.count > 1 ? "  \(input)" : ""
      if !verify, let claim = try headerClaim(input) {
        try OutputFile.print(["\(claim) unverified\(name)"])
        continue
      }
      let calculator = ClaimCalculator()
      try snapshot.read(input, into: calculator)
      guard let claim = calculator.claim else {
        throw CommandError("failed to read state: \(input) has no end")
      }
      let mark = calculator.isVerified ? "" : " unverified"
      try OutputFile.print(["\(claim)\(mark)\(name)"])
    }
  }

  /// The claim that a file states before its pages; nil if it states none, and for streams, which cannot be
  /// read twice.
  private func headerClaim(_ path: String) throws(CommandError) -> Bytes32? {
    guard path != "-" else { return nil }
    do {
      let file = try FileSource(path: path)
      guard file.size != nil else { return nil }
      return try SnapshotFormat.statedClaim(ByteReader(file))
    } catch { throw CommandError(error, while: "failed to read state") }
  }
}
