import FalconetMachine
import FalconetOracle
import FalconetStore
import FalconetStreams
import FalconetTestSupport
import Glibc
import Keccak
import Testing

@Suite("Runs with a store of pre-images, as op-challenger calls them")
struct StoreChallengerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A program that reads one pre-image, and exits: the read is step 6.
  private func reader(of key: Bytes32) throws -> [String] {
    func call(_ number: UInt16, _ descriptor: UInt16, _ address: UInt16, _ count: UInt16)
      -> [UInt32]
    {
      [
        Assembly.set(2, to: number), Assembly.set(4, to: descriptor), Assembly.set(5, to: address),
        Assembly.set(6, to: count), Assembly.syscall,
      ]
    }
    var image = MachineImage(.v8, code: call(5000, 5, 0x8000, 8) + call(5205, 0, 0, 0))
    image.state.scalars.preimageKey = key
    return try Guest.run(image, in: folder)
  }

  @Test(
    "What a proved step reads from the store stands where op-challenger looks for it",
    arguments: [1, 2, 4, 5, 6] as [UInt8])
  func challenger(_ type: UInt8) throws {
    let input = [UInt8](repeating: 0, count: 19) + [8] + [UInt8](repeating: 7, count: 20)
    let commitment = [UInt8](0..<48)
    var key: Bytes32
    var values: [Bytes32: [UInt8]] = [:]
    switch type {
    case 1:
      key = PreimageKey.local(3)
      values[key] = [1, 2, 3]
    case 2:
      key = PreimageKey.keccak256(of: input)
      values[key] = input
    case 4:
      key = PreimageKey.sha256(of: input)
      values[key] = input
    case 5:
      values[PreimageKey.sha256(of: commitment)] = commitment
      for (number, point) in BlobPoints.all.enumerated() {
        let name = PreimageKey.keccak256(of: commitment + point)
        var element = name
        element[0] = 5
        values[element] = [UInt8](repeating: UInt8(number & 0xFF), count: 32)
      }
      key = PreimageKey.keccak256(of: commitment + BlobPoints.all[100])
      key[0] = 5
    default:
      key = PreimageKey.keccak256(of: input)
      values[key] = input
      key[0] = 6
      values[key] = [1, 5, 6]
    }
    folder.makeFolder("host")
    let program = ["python3", Guest.server, "serve", folder.file("host"), folder.file("started")]
    if type == 1 { try folder.write(Hex.encode(values[key] ?? []), to: "host/\(key).txt") }
    do {
      var options = StoreOptions(path: folder.file("store"))
      options.giver = HostName.of(program)
      let store = try PreimageStore(options)
      for (key, value) in values where type != 1 { #expect(store.take(key, value) == .added) }
    }
    for name in ["game", "game/proofs", "game/snapshots", "game/preimages"] {
      folder.makeFolder(name)
    }
    let game = folder.file("game")
    // The host has stored most of a blob: files take long here.
    var own = Array(values)
    if type == 5 {
      for (key, value) in own.dropFirst(60) where key[0] == 5 {
        let digits = "\(key)".dropFirst(2)
        mkdir("\(game)/preimages/\(digits.prefix(4))", 0o755)
        guard
          let file = fopen("\(game)/preimages/\(digits.prefix(4))/\(digits.dropFirst(4)).txt", "w")
        else { continue }
        fputs(Hex.encode(value), file)
        fclose(file)
      }
      own = own.prefix(60) + own.suffix(10)
    }
    let outcome = try Tool.run(
      Array(try reader(of: key).dropLast(2)) + [
        "--output", "\(game)/final.bin.gz", "--meta", "", "--info-at", "%10000000", "--proof-at",
        "=4", "--proof-fmt", "\(game)/proofs/%d.json.gz", "--snapshot-at", "%1000000000",
        "--snapshot-fmt", "\(game)/snapshots/%d.bin.gz", "--stop-at", "=5", "--debug-info",
        "\(game)/preimages/debug-info.json", "--preimage-store", "store", "--trust-store",
        "blob,precompile", "--",
      ] + program + ["--datadir", "\(game)/preimages"], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")

    let proof = try JSONValue(try folder.decompressed("game/proofs/4.json.gz"))
    #expect(proof["oracle-key"] == .string("\(key)"))
    let value = try #require(values[key])
    #expect(proof["oracle-value"]?.string?.hasSuffix(Hex.encode(value)) == true)
    // A local input is the host's alone, and in the proof.
    #expect(folder.names.contains("started") == (type == 1))
    guard type != 1 else { return }
    let found = try DirectoryOracle(path: "\(game)/preimages")
    for (key, value) in own { #expect(try found.preimage(for: key) == value) }
    if type == 5 {
      var name = key
      name[0] = 2
      #expect(try found.preimage(for: name) == commitment + BlobPoints.all[100])
    }
    #expect(folder.read("game/preimages/kvformat") == Array("directory".utf8))
  }

  @Test("With a plan, it stands in the directory of the run's own host, whose number is 0")
  func numberedChallenger() throws {
    let value: [UInt8] = [1, 2, 3]
    let key = PreimageKey.sha256(of: value)
    do {
      let store = try PreimageStore(StoreOptions(path: folder.file("store")))
      #expect(store.take(key, value) == .added)
    }
    let recorder = try PlanRecorder(DictionaryOracle([key: value]), path: folder.file("plan"))
    _ = try recorder.preimage(for: key)
    try recorder.finish()
    folder.makeFolder("data0")
    let outcome = try Tool.run(
      try reader(of: key) + [
        "--proof-at", "=4", "--stop-at", "=5", "--preimage-store", "store", "--plan", "plan", "--",
        "false", "--datadir", folder.file("data{n}"),
      ], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(try DirectoryOracle(path: folder.file("data0")).preimage(for: key) == value)
    #expect(!folder.names.contains("data{n}"))
  }
}
