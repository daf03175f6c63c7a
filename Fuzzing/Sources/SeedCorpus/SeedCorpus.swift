import Falconet
import FuzzSupport
import Glibc

/// Called before the first input. There is none: the program ends here.
@_cdecl("LLVMFuzzerInitialize")
public func writeSeeds(
  _ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?
) -> CInt {
  guard CommandLine.arguments.count == 2 else {
    print("SeedCorpus FOLDER")
    exit(64)
  }
  do {
    try SeedCorpus.write(to: CommandLine.arguments[1])
  } catch {
    print(error)
    exit(1)
  }
  exit(0)
}

/// libFuzzer has `main`, and wants this.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt { 0 }

/// Writes the files that fuzzing begins with into a folder for each target:
/// `SeedCorpus FOLDER`.
enum SeedCorpus {
  static func write(to path: String) throws {
    let folder = Corpus(path)
    for version in StateVersion.allCases {
      for (name, image) in samples(version) {
        try folder.add(write(image, as: .bin), to: "FuzzBinary", "\(version)-\(name)")
        try folder.add(write(image, as: .fsnap), to: "FuzzFsnap", "\(version)-\(name)")
        try folder.add(write(image, as: .fsnap), to: "FuzzFsnapSealed", "\(version)-\(name)")
        guard version == .v0 else { continue }
        try folder.add(write(image, as: .json), to: "FuzzJSON", name)
        try folder.add(write(image, as: .pr7559), to: "FuzzPR7559", name)
      }
      let number = version.rawValue
      for (name, file) in SeedELF.files(version.wordSize) {
        try folder.add([number] + file, to: "FuzzELF", "\(version)-\(name)")
      }
    }
    for target in ["FuzzFsnap", "FuzzFsnapSealed"] {
      try folder.add(SampleStates.base().bytes, to: target, "base")
      try folder.add(SampleStates.delta(), to: target, "delta")
    }
    try addPrototype(to: folder)
    try addSymbols(to: folder)
    try addCompressed(to: folder)
  }

  private static func samples(_ version: StateVersion) -> [(name: String, image: MemoryImage)] {
    [
      ("empty", SampleStates.image(version)),
      ("pages", SampleStates.image(version, pages: [1, 5], threads: 3, hint: [0, 0, 0, 9, 1])),
    ]
  }

  private static func write(
    _ image: MemoryImage, as format: SnapshotFormat
  ) throws(StreamError) -> [UInt8] {
    let sink = MemorySink()
    try Snapshot.write(image, to: sink, as: format)
    return sink.bytes
  }

  /// The multi-threaded JSON prototype, which is read but not written.
  private static func addPrototype(to folder: Corpus) throws {
    let thread = """
      {"threadId":0,"exit":0,"exited":false,"futexAddr":0,"futexVal":0,"futexTimeoutStep":0,\
      "cpu":{"pc":4096,"nextPC":4100,"lo":1,"hi":2},"registers":[1,2,3]}
      """
    let text = """
      {"memory":[],"preimageKey":"0x\(String(repeating: "00", count: 32))","preimageOffset":0,\
      "heap":1,"exit":0,"exited":false,"step":7,"stepsSinceLastContextSwitch":3,"wakeup":0,\
      "traverseRight":false,"leftThreadStack":[\(thread)],"rightThreadStack":[],\
      "nextThreadId":1,"lastHint":"0x0102"}
      """
    try folder.add(Array(text.utf8), to: "FuzzJSON", "prototype")
    let page = String(repeating: "ab", count: Memory.pageSize)
    let old = """
      {"memory":[{"index":3,"data":"\(page)"}],"pc":1,"nextPC":5,"exited":true,"registers":[]}
      """
    try folder.add(Array(old.utf8), to: "FuzzJSON", "hex")
  }

  private static func addSymbols(to folder: Corpus) throws {
    let texts = [
      #"{"symbols":[{"name":"a.b","start":65536,"size":8},{"name":"\u00e9","start":1,"size":0}]}"#,
      #"{"more":[1,{"x":null}],"symbols":null}"#,
    ]
    for (number, text) in texts.enumerated() {
      try folder.add(Array(text.utf8), to: "FuzzSymbols", "\(number)")
    }
  }

  private static func addCompressed(to folder: Corpus) throws {
    let plain = try write(SampleStates.image(.v8), as: .bin)
    let gzip = MemorySink()
    let zstd = MemorySink()
    for sink in [GzipSink(over: gzip), try ZstdSink(over: zstd)] as [any ByteSink] {
      try sink.write(plain)
      try sink.finish()
    }
    try folder.add(plain, to: "FuzzGzip", "plain")
    try folder.add(gzip.bytes, to: "FuzzGzip", "gzip")
    try folder.add(gzip.bytes + gzip.bytes, to: "FuzzGzip", "members")
    try folder.add(zstd.bytes, to: "FuzzGzip", "zstd")
  }
}

/// The folder with a corpus for each target.
private struct Corpus {
  private let path: String

  init(_ path: String) {
    self.path = path
    mkdir(path, 0o755)
  }

  func add(_ bytes: [UInt8], to target: String, _ name: String) throws(StreamError) {
    mkdir("\(path)/\(target)", 0o755)
    let file = "\(path)/\(target)/seed-\(name)"
    try AtomicFile.write(path: file, compression: Compression.none) { (sink) throws(StreamError) in
      try sink.write(bytes)
    }
  }
}
