import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import FalconetTrace
import Glibc
import Keccak
import Testing

@Suite("Directories with corrupt, missing and foreign files")
struct DamageTests {
  private static let options = TraceOptions(snapshotInterval: 200_000)
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

  /// A folder that knows of all kinds.
  private func fill(_ folder: TemporaryFolder, _ recorded: RecordedTrace) throws {
    let trace = try TraceProvider(directory: folder.path, recorded.source, Self.options)
    _ = try trace.lastStep()
    _ = try trace.step(at: 7)
    #expect(try trace.status().snapshots.contains(400_000))
  }

  @Test("Whatever happens to one file, answers are right, and the file is reported")
  func oneFile() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let original = try TemporaryFolder()
    try fill(original, recorded)
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
    try fill(folder, recorded)
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

  @Test(
    "A folder of a newer format is refused and left as it is",
    arguments: ["trace.json", "claims.log"])
  func newerFormat(_ file: String) throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let folder = try TemporaryFolder()
    try fill(folder, recorded)
    if file == "trace.json" {
      let text = String(decoding: folder.read(file) ?? [], as: UTF8.self)
      let newer = text.split(separator: "2", maxSplits: 1).joined(separator: "3")
      #expect(newer.contains("format") && newer.count == text.count)
      try folder.write(newer, to: file)
    } else {
      var log = try #require(folder.read(file))
      log[6] = 3
      var checksum = CRC32()
      checksum.add(Array(log[..<40]))
      for byte in 0..<4 {
        log[40 + byte] = UInt8(truncatingIfNeeded: checksum.value >> (24 - 8 * byte))
      }
      try folder.write(log, to: file)
    }
    unlink(folder.file("lock"))
    let before = (folder.names, folder.read("trace.json"), folder.read("claims.log"))
    for _ in 0..<2 {
      #expect {
        try TraceProvider(directory: folder.path, recorded.source, Self.options)
      } throws: {
        "\($0)".contains("\(folder.file(file)): the directory is of format 3")
          && "\($0)".contains("use a newer Falconet")
      }
    }
    #expect(folder.names == before.0)
    #expect(folder.read("trace.json") == before.1 && folder.read("claims.log") == before.2)
  }

  @Test(
    "A directory that does not say that it is a trace's is refused and left alone",
    arguments: [
      "{\"traceEvents\": []}", "{\"format\": 2, \"prestate\": \"0x00\"}", "[]", "", "garbage",
      "{\"type\": \"falconet trace\"}",
    ])
  func commonName(_ content: String) throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let folder = try TemporaryFolder()
    folder.makeFolder("proofs")
    let files = [
      "trace.json": content, "lock": "", "proofs/1.json.gz": "mine", "claims.log": "FAL",
    ]
    for (name, text) in files { try folder.write(text, to: name) }
    for _ in 0..<2 {
      #expect {
        try TraceProvider(directory: folder.path, recorded.source)
      } throws: { "\($0)".contains("not of a trace") }
      #expect(throws: TraceError.self) { try TraceProvider.deleteAll(directory: folder.path) }
    }
    for (name, text) in files { #expect(folder.read(name) == Array(text.utf8)) }
    #expect(folder.names == ["claims.log", "lock", "proofs", "trace.json"])
  }

  @Test("What a crash leaves of a directory that was being made is gone on with, or deleted")
  func unfinishedDirectory() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    for isDeleted in [false, true] {
      let folder = try TemporaryFolder()
      folder.makeFolder("t")
      folder.makeFolder("t/proofs")
      try folder.write("", to: "t/lock")
      try folder.write("{\"form", to: "t/trace.json.tmp-12")
      if isDeleted {
        try TraceProvider.deleteAll(directory: folder.file("t"))
        #expect(folder.names == [])
      } else {
        let trace = try TraceProvider(directory: folder.file("t"), recorded.source)
        #expect(try trace.claim(at: 9).isPastEnd == false && trace.incidents == [])
      }
    }
  }

  @Test(
    "A directory of format 1, which records no inputs, is refused, left as it is, and can be deleted"
  )
  func formerFormat() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let folder = try TemporaryFolder()
    folder.makeFolder("t")
    let name = "\"stateVersion\": 8, \"prestate\": \"\(recorded.vector.prestateHash)\""
    try folder.write("{\"format\": 1, \(name)}", to: "t/trace.json")
    try folder.write("?", to: "t/claims.log")
    #expect {
      try TraceProvider(directory: folder.file("t"), recorded.source)
    } throws: { "\($0)".contains("format 1") && "\($0)".contains("use another directory") }
    #expect(TemporaryFolder.names(in: folder.file("t")) == ["claims.log", "trace.json"])
    try TraceProvider.deleteAll(directory: folder.file("t"))
    #expect(folder.names == [])
  }

  @Test("A folder that is given by mistake is refused and left alone")
  func mistakenFolder() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let folder = try TemporaryFolder()
    try folder.write("mine", to: "letter")
    #expect(throws: TraceError.self) { try TraceProvider(directory: folder.path, recorded.source) }
    #expect(throws: TraceError.self) { try TraceProvider.deleteAll(directory: folder.path) }
    #expect(throws: TraceError.self) {
      try TraceProvider(directory: folder.file("letter"), recorded.source)
    }
    #expect(folder.names == ["letter"])
  }

  @Test("Deleted is deleted: nothing is left, and nothing is answered any more")
  func deletion() throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let folder = try TemporaryFolder()
    try fill(folder, recorded)
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
