import FalconetStreams
import FalconetTrace
import Keccak

/// The directory of a trace, one of whose files has the content of the input.
///
/// The first byte says how: whether the other files are there, whether checksums and hashes of the
/// content are made right, and whether it is compressed. The second chooses the file.
struct TraceTarget: HostileInputCheck {
  enum Part {
    case claimLog
    case directory
  }

  private let part: Part
  private let bench: TraceBench

  init(_ part: Part) throws {
    self.part = part
    bench = try TraceBench()
  }

  private var names: [String] {
    switch part {
    case .claimLog: ["claims.log"]
    case .directory:
      ["trace.json", "prestate.json", "last.json.gz", "proofs/2.json.gz", "quarantine/1", "other"]
        + bench.states.flatMap { ["snapshots/\($0).fsnap", "snapshots/\($0).hint"] }
    }
  }

  func run(_ input: [UInt8]) throws {
    guard input.count >= 2 else { return }
    let name = names[Int(input[1]) % names.count]
    var content = Array(input.dropFirst(2))
    if input[0] & 2 != 0 { try seal(&content, name) }
    try bench.layOut(isFilled: input[0] & 1 != 0, isNamed: input[0] & 4 == 0, (name, content))
    // What is in the log is what the trace believes: a log that is right but for its content counts
    // as long as it says nothing wrong.
    let isTruthful = part != .claimLog || ClaimLogSeal.isTruthful(content, bench)
    guard let first = try answers(isTruthful) else { return }
    guard let second = try answers(isTruthful) else { try found("a trace can't be opened again") }
    guard !zip(first, second).contains(where: { $0 != nil && $0 != $1 }) else {
      try found("a trace answers otherwise when it is opened again")
    }
  }

  /// What the trace answers; nil if it is refused.
  private func answers(_ isTruthful: Bool) throws -> [Bytes32?]? {
    do {
      let trace = try bench.open()
      let answers = try bench.answers(of: trace)
      if isTruthful {
        for (index, (answer, truth)) in zip(bench.indices, zip(answers, bench.truth))
        where answer != truth {
          try found("a wrong answer at \(index): \(answer.map { "\($0)" } ?? "none")")
        }
      }
      try bench.checkSteps(of: trace)
      do {
        let end = try trace.lastStep()
        if isTruthful, end.index != bench.guest.last || end.claim != bench.guest.claim(.max) {
          try found("a wrong end")
        }
      } catch let error as TraceError { try TraceBench.check(error) }
      return answers
    } catch let error as TraceError {
      try TraceBench.check(error)
      return nil
    }
  }

  private func seal(_ content: inout [UInt8], _ name: String) throws {
    if name == "claims.log" {
      ClaimLogSeal.seal(&content)
    } else if name.hasSuffix(".gz") {
      content = try Packing.gzip(content)
    } else if name.hasSuffix(".hint") {
      content += ClaimLogSeal.checksum(content)
    } else {
      FsnapSeal.seal(&content)
    }
  }

  func seeds() -> [FuzzSeed] {
    var seeds: [FuzzSeed] = []
    for (number, name) in names.enumerated() {
      let content = bench.files[name] ?? Array("{}".utf8)
      let choice = UInt8(number)
      let flat = name.replacing("/")
      for flags in [0, 1] as [UInt8] {
        seeds.append(FuzzSeed("\(flat)-\(flags)", [flags, choice] + content))
        let plain = name.hasSuffix(".gz") ? Packing.unpacked(content) ?? content : content
        seeds.append(FuzzSeed("\(flat)-\(flags | 2)", [flags | 2, choice] + plain))
      }
    }
    return seeds
  }
}

extension String {
  /// The name of a file, without what stands for directories.
  fileprivate func replacing(_ slash: Character) -> String {
    String(map { $0 == slash ? "-" : $0 })
  }
}
