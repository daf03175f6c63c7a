/// The readers of hostile files, by what they read: each can be given any bytes.
///
/// `Scripts/fuzz` has libFuzzer make the bytes up; the tests make some up themselves.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// Cannon's binary snapshots.
  case binary
  /// JSON snapshots.
  case json
  /// Snapshots in the binary format that was proposed first.
  case pr7559
  /// `.fsnap` files as they are.
  case fsnap
  /// `.fsnap` files whose checksums and hashes are made right.
  case fsnapSealed
  /// ELF files: loaded, checked for a version, their call frames read.
  case elf
  /// `meta.json`.
  case symbols
  /// gzip streams.
  case gzip
  /// zstd streams.
  case zstd
  /// Proof files.
  case proof
  /// Proofs of any VM.
  case foreignProof
  /// Lists of claims, as `bisect` takes them.
  case claims
  /// `claims.log` of a trace.
  case claimLog
  /// The other files of a trace's directory.
  case trace
  /// The files of op-challenger's directories that a trace adopts.
  case adoption
  /// Directories of pre-images.
  case preimages
  /// Databases of hosts.
  case database
  /// Plans of pre-images.
  case plan
  /// What a debugger sends.
  case debug
  /// The command `run`, with flags that the input chooses.
  case run

  /// Makes what the target needs: a directory in memory, files that are always the same.
  ///
  /// - Returns: the target, for one thread at a time.
  public func open() throws -> FuzzSession { FuzzSession(try check()) }

  private func check() throws -> any HostileInputCheck {
    switch self {
    case .binary: SnapshotTarget(.bin)
    case .json: SnapshotTarget(.json)
    case .pr7559: SnapshotTarget(.pr7559)
    case .fsnap: try FsnapTarget(seals: false)
    case .fsnapSealed: try FsnapTarget(seals: true)
    case .elf: ELFTarget()
    case .symbols: SymbolTarget()
    case .gzip: GzipTarget()
    case .zstd: ZstdTarget()
    case .proof: ProofTarget()
    case .foreignProof: ForeignProofTarget()
    case .claims: ClaimListTarget()
    case .claimLog: try TraceTarget(.claimLog)
    case .trace: try TraceTarget(.directory)
    case .adoption: try AdoptionTarget()
    case .preimages: try PreimageTarget()
    case .database: try DatabaseTarget()
    case .plan: PlanTarget()
    case .debug: try DebugTarget()
    case .run: try RunTarget()
    }
  }
}

/// A target that was opened.
public struct FuzzSession {
  private let check: any HostileInputCheck

  init(_ check: any HostileInputCheck) { self.check = check }

  /// Gives the target some bytes.
  ///
  /// - Throws: an error that says which promise a reader broke.
  public func run(_ input: [UInt8]) throws { try check.run(input) }

  /// Inputs that fuzzing begins with.
  public func seeds() throws -> [FuzzSeed] { try check.seeds() }
}
