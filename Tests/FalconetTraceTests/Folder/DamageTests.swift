import FalconetMachine
import FalconetTestSupport
import FalconetTrace
import Glibc
import Keccak
import Testing

@Suite("Directories with corrupt, missing and foreign files")
struct DamageTests {
  private static let options = RecordedTrace.fillOptions
  private static let files = [
    "trace.json", "prestate.json", "claims.log", "last.json.gz", "snapshots/400000.fsnap",
    "proofs/7.json.gz",
  ]

  /// What happens to a file.
  private enum Damage: CaseIterable {
    case bits, cut, emptied, garbage, removed, folder, link, pipe

    func happen(to path: String, _ random: inout SeededGenerator) throws {
      var bytes = try #require(TemporaryFolder.contents(path))
      switch self {
      case .bits:
        var place = random.below(bytes.count)
        // The one digit of `trace.json`'s first member is the format: another is no damage.
        if path.hasSuffix("trace.json"), bytes.firstIndex(of: 0x32) == place { place += 1 }
        bytes[place] ^= 1 << UInt8(random.below(8))
      case .cut: bytes.removeLast(1 + random.below(bytes.count))
      case .emptied: bytes = []
      case .garbage: bytes = random.bytes(random.below(4000))
      default: bytes = []
      }
      unlink(path)
      switch self {
      case .removed: break
      case .folder: mkdir(path, 0o755)
      case .link: symlink("/proc/self/status", path)
      case .pipe: mkfifo(path, 0o644)
      default:
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        #expect(write(file, bytes, bytes.count) == bytes.count)
        close(file)
      }
    }
  }

  @Test("Whatever happens to one file, answers are right, and the file is reported")
  func oneFile() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let original = try TemporaryFolder()
    try recorded.fill(original)
    var random = SeededGenerator(seed: 11)
    for file in Self.files {
      for damage in Damage.allCases {
        for _ in 0..<(damage == .bits ? isLongRun ? 200 : 4 : 1) {
          let folder = try copy(original)
          try damage.happen(to: folder.file("t/" + file), &random)
          try check(folder.file("t"), recorded, "\(file), \(damage)", &random)
        }
      }
    }
  }

  private func copy(_ folder: TemporaryFolder) throws -> TemporaryFolder {
    let copy = try TemporaryFolder()
    for name in ["", "/snapshots", "/proofs"] {
      mkdir(copy.file("t" + name), 0o755)
      for entry in TemporaryFolder.names(in: folder.path + name) {
        let path = name + "/" + entry
        if let bytes = folder.read(String(path.dropFirst())) {
          try copy.write(bytes, to: "t" + path)
        }
      }
    }
    return copy
  }

  private func check(
    _ folder: String, _ recorded: RecordedTrace, _ comment: String,
    _ random: inout SeededGenerator
  ) throws {
    for _ in 0..<2 {
      let trace = try TraceProvider(directory: folder, recorded.source, Self.options)
      for (index, claim) in recorded.claims.shuffled(using: &random).prefix(4) {
        #expect(try trace.claim(at: index).claim == claim, "\(comment), index \(index)")
      }
      #expect(try trace.step(at: 7).index == 7, "\(comment)")
      let end = try trace.claim(at: .max)
      #expect(end.claim == recorded.vector.finalHash, "\(comment)")
      for incident in trace.incidents {
        #expect(incident.path.hasPrefix(folder) && !incident.reason.isEmpty)
      }
    }
    // What was found once is found once.
    let trace = try TraceProvider(directory: folder, recorded.source, Self.options)
    #expect(trace.incidents == [], "\(comment)")
  }

  @Test("A state whose hint is corrupt is recomputed, and both files are quarantined")
  func corruptHints() throws {
    let recorded = try RecordedTrace(.v8, "oracle")
    let original = try TemporaryFolder()
    let options = TraceOptions(snapshotInterval: 500_000)
    _ = try TraceProvider(directory: original.path, recorded.source, options).lastStep()
    let steps = TemporaryFolder.names(in: original.file("snapshots")).filter {
      $0.hasSuffix(".hint")
    }.compactMap { UInt64($0.dropLast(5)) }
    // Far enough from the prestate that reading a state is faster than executing.
    let step = try #require(steps.max())
    let intact = try copy(original)
    let expected: Bytes32
    do {
      let trace = try TraceProvider(directory: intact.file("t"), recorded.source, options)
      expected = try trace.claim(at: step + 10).claim
      #expect(try trace.status().executedSteps == 11)
      #expect(trace.incidents == [])
    }
    var random = SeededGenerator(seed: 12)
    for damage in Damage.allCases where damage != .removed {
      let folder = try copy(original)
      let files = ["hint", "fsnap"].map { folder.file("t/snapshots/\(step).\($0)") }
      try damage.happen(to: files[0], &random)
      let trace = try TraceProvider(directory: folder.file("t"), recorded.source, options)
      #expect(try trace.claim(at: step + 10).claim == expected, "\(damage)")
      #expect(try trace.status().executedSteps > 1000, "\(damage)")
      #expect(trace.incidents.map(\.path) == files, "\(damage)")
      #expect(trace.incidents.allSatisfy { $0.movedTo.contains("/quarantine/") }, "\(damage)")
    }
  }

  @Test("If nothing says of which trace the files are, none is believed")
  func noName() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let folder = try TemporaryFolder()
    try recorded.fill(folder)
    // What is corrupt still begins as a log does.
    try folder.write("FALTRC and no more", to: "claims.log")
    try folder.write([1, 2, 3], to: "trace.json")
    let trace = try TraceProvider(directory: folder.path, recorded.source, Self.options)
    #expect(try trace.status().claimCount == 0)
    #expect(try trace.status().snapshots == [])
    #expect(trace.incidents.count >= 6)
    #expect(trace.incidents.allSatisfy { $0.movedTo.hasPrefix(folder.file("quarantine")) })
    for (index, claim) in recorded.claims.prefix(3) {
      #expect(try trace.claim(at: index).claim == claim)
    }
  }

  @Test("Unfinished files are removed, foreign ones quarantined, hidden ones left")
  func foreignFiles() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let folder = try TemporaryFolder()
    _ = try TraceProvider(directory: folder.path, recorded.source)
    let unfinished = [
      "claims.log.tmp-12", "snapshots/5.fsnap.tmp-ab", "proofs/5.json.gz.tmp-ab",
      "snapshots/9.hint",
    ]
    let foreign = [
      "notes", "snapshots/x", "snapshots/05.fsnap", "proofs/5.json", "proofs/-1.json.gz",
    ]
    for name in unfinished + foreign + [".hidden"] { try folder.write("?", to: name) }
    let trace = try TraceProvider(directory: folder.path, recorded.source)
    for name in unfinished + foreign { #expect(folder.read(name) == nil, "\(name)") }
    #expect(folder.read(".hidden") != nil)
    #expect(Set(trace.incidents.map(\.path)) == Set(foreign.map(folder.file)))
    #expect(TemporaryFolder.names(in: folder.file("quarantine")).count == foreign.count)
  }

  @Test(
    "A file or a link in place of a folder is quarantined, before the opening or after it",
    arguments: ["proofs", "snapshots"], [false, true])
  func noFolder(_ name: String, _ isLink: Bool) throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let folder = try TemporaryFolder()
    let elsewhere = try TemporaryFolder()
    try elsewhere.write("mine", to: "letter")
    func replace() throws {
      #expect(rename(folder.file("t/" + name), folder.file("was")) == 0)
      if isLink {
        symlink(elsewhere.path, folder.file("t/" + name))
      } else {
        try folder.write("?", to: "t/" + name)
      }
    }
    var trace: TraceProvider?
    for isOpen in [false, true] {
      trace = try TraceProvider(directory: folder.file("t"), recorded.source, Self.options)
      let known = try trace?.claim(at: 450_000)
      if !isOpen { trace = nil }
      try replace()
      if !isOpen {
        trace = try TraceProvider(directory: folder.file("t"), recorded.source, Self.options)
      }
      #expect(try trace?.claim(at: 450_000) == known)
      for index in [7, 8] as [UInt64] { #expect(try trace?.step(at: index).index == index) }
      for (index, claim) in recorded.claims {
        #expect(try trace?.claim(at: index).claim == claim)
      }
      try trace?.prune()
      #expect(try trace?.lastStep().claim == recorded.vector.finalHash)
      #expect(elsewhere.names == ["letter"])
      let paths = trace?.incidents.map(\.path)
      #expect(paths == [folder.file("t/" + name)] || isOpen && name == "snapshots")
      try trace?.deleteAll()
      trace = nil
      for file in TemporaryFolder.names(in: folder.file("was")) {
        unlink(folder.file("was/" + file))
      }
      rmdir(folder.file("was"))
    }
  }

  @Test("Deleted is deleted: nothing is left, and nothing is answered any more")
  func deletion() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let folder = try TemporaryFolder()
    try recorded.fill(folder)
    try folder.write("?", to: "notes")
    let trace = try TraceProvider(directory: folder.path, recorded.source)
    #expect(throws: TraceError.self) { try TraceProvider.deleteAll(directory: folder.path) }
    _ = try trace.claim(at: 100)
    try trace.deleteAll()
    #expect(TemporaryFolder.names(in: folder.path) == [])
    #expect(access(folder.path, F_OK) != 0)
    for ask in [
      { _ = try trace.claim(at: 100) }, { _ = try trace.step(at: 7) }, { _ = try trace.lastStep() },
      { _ = try trace.status() }, { try trace.prune() }, { try trace.deleteAll() },
    ] {
      #expect(throws: TraceError.self, performing: ask)
    }
    let anew = try TraceProvider(directory: folder.path, recorded.source)
    #expect(try anew.status().claimCount == 0)
  }
}
