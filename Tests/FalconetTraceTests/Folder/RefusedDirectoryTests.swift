import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import FalconetTrace
import Glibc
import Testing

@Suite("Directories that are no trace's, or of another format")
struct RefusedDirectoryTests {
  @Test(
    "A folder of a newer format is refused and left as it is",
    arguments: ["trace.json", "claims.log"])
  func newerFormat(_ file: String) throws {
    let recorded = try RecordedTrace(.v8, "hello")
    let folder = try TemporaryFolder()
    try recorded.fill(folder)
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
        try TraceProvider(directory: folder.path, recorded.source, RecordedTrace.fillOptions)
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
}
