import FalconetMachine
import FalconetStreams
import FalconetThreads

/// What became of one proof of a batch.
package struct ProofReport: Sendable {
  /// The file, and, if it holds several proofs, the number of this one in brackets, from 0 on.
  package let name: String
  /// The step that the proof is of, if it tells.
  package let step: UInt64?
  /// What was found, or why the file could not be read: no more proofs of it follow then.
  package let result: Result<ProofVerifier.Verdict, StreamError>

  /// Whether the proof was read and holds.
  package var holds: Bool {
    if case .success(let verdict) = result { verdict.holds } else { false }
  }
}

/// Verifies the proofs of many files on all cores, in memory that does not grow with their number.
package struct ProofBatch: Sendable {
  /// The state version of all proofs; nil goes by each proof.
  package var version: StateVersion?
  /// The revisions that count; nil are the newest of each version.
  package var revisions: [Revision]?
  /// How a file is opened.
  package var open: @Sendable (String) throws(StreamError) -> any ByteSource

  package init(
    version: StateVersion? = nil, revisions: [Revision]? = nil,
    open: @escaping @Sendable (String) throws(StreamError) -> any ByteSource = {
      (path) throws(StreamError) in try FileSource(path: path)
    }
  ) {
    self.version = version
    self.revisions = revisions
    self.open = open
  }

  /// Files that are worked on together.
  private static let group = 16 * HostCores.count
  /// Proofs of one file that are verified together.
  private static let slice = 64

  /// Hands the report of each proof to `report`, in the order of the files and of the proofs in
  /// them.
  package func verify<Failure: Error>(
    _ paths: [String], report: (ProofReport) throws(Failure) -> Void
  ) throws(Failure) {
    for start in stride(from: 0, to: paths.count, by: Self.group) {
      let group = Array(paths[start..<min(start + Self.group, paths.count)])
      // Most files hold one proof, so files are shared out, not proofs.
      let files = ParallelLoop.map(group, threads: HostCores.count) { path in
        let file = OpenProofs(path)
        return (file: file, reports: file.read(Self.slice, open).map { verify($0) })
      }
      for (file, reports) in files {
        for item in reports { try report(item) }
        while !file.isAtEnd {
          let proofs = file.read(Self.slice * HostCores.count, open)
          for item in ParallelLoop.map(proofs, threads: HostCores.count, verify) {
            try report(item)
          }
        }
      }
    }
  }

  @Sendable private func verify(_ item: OpenProofs.Item) -> ProofReport {
    switch item.proof {
    case .success(let proof):
      ProofReport(
        name: item.name, step: proof.step,
        result: .success(ProofVerifier.verify(proof, version: version, revisions: revisions)))
    case .failure(let error): ProofReport(name: item.name, step: nil, result: .failure(error))
    }
  }
}

/// A file whose proofs are read bit by bit.
///
/// Safety: `ProofBatch` has one thread at a time read each file, and waits for it.
private final class OpenProofs: @unchecked Sendable {
  struct Item: Sendable {
    var name: String
    var proof: Result<StepProof, StreamError>
  }

  private let path: String
  private var reader: ProofReader?
  private var count = 0
  private(set) var isAtEnd = false

  init(_ path: String) { self.path = path }

  /// The next proofs, at most `limit`. An error is the last item.
  func read(
    _ limit: Int, _ open: (String) throws(StreamError) -> any ByteSource
  ) -> [Item] {
    var items: [Item] = []
    do throws(StreamError) {
      let reader = if let reader = self.reader { reader } else { try ProofReader(open(path)) }
      self.reader = reader
      while items.count < limit {
        guard let proof = try reader.next() else {
          finish()
          break
        }
        items.append(
          Item(name: reader.isArray ? "\(path)[\(count)]" : path, proof: .success(proof)))
        count += 1
      }
    } catch {
      let name = count > 0 ? "\(path)[\(count)]" : path
      items.append(Item(name: name, proof: .failure(error)))
      finish()
    }
    return items
  }

  private func finish() {
    isAtEnd = true
    reader = nil
  }
}
