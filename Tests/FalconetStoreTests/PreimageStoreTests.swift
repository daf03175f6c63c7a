import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Glibc
import Keccak
import Testing

@testable import FalconetStore

@Suite("The store of pre-images")
struct PreimageStoreTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("What is added is there at once, for another process after a flush, and when opened again")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: 1)
    let values = [0, 1, 500, 5000, 300_000].map { generator.bytes($0) }
    let store = try PreimageStore(in: folder)
    let other = try PreimageStore(in: folder)
    let keys = values.flatMap { [PreimageKey.keccak256(of: $0), PreimageKey.sha256(of: $0)] }
    for (key, value) in zip(keys, values.flatMap({ [$0, $0] })) {
      #expect(store.take(key, value) == .added)
      #expect(store.preimage(for: key) == value)
      #expect(other.preimage(for: key) == nil)
    }
    store.flush()
    for (key, value) in zip(keys, values.flatMap({ [$0, $0] })) {
      #expect(other.preimage(for: key) == value)
      #expect(other.take(key, value, whetherStored: true) == .known)
    }
    let again = try PreimageStore(in: folder)
    for (key, value) in zip(keys, values.flatMap({ [$0, $0] })) {
      #expect(again.preimage(for: key) == value)
    }
    #expect(try again.check() == StoreCheck(right: 10))
  }

  @Test(
    "Reads that share a transaction see what others write, and a store that rests holds no lock")
  func sharedReads() throws {
    let values = (0..<200).map { [UInt8($0), 1, 2] }
    let keys = values.map { PreimageKey.keccak256(of: $0) }
    let store = try PreimageStore(in: folder)
    let other = try PreimageStore(in: folder)
    func logSize() -> Int64 {
      var status = stat()
      return stat(folder.file("store/preimages.db-wal"), &status) == 0 ? Int64(status.st_size) : 0
    }
    for number in 0..<200 {
      other.add(keys[number], values[number])
      other.flush()
      // The first read of these begins a transaction, in which the others were not written.
      for read in [0, number / 2, number] {
        #expect(store.preimage(for: keys[read]) == values[read])
      }
    }
    for number in 0..<150 { #expect(store.preimage(for: keys[number]) == values[number]) }
    store.flush()
    #expect(logSize() > 0)
    try other.prune(to: .max)
    #expect(logSize() == 0)
    // What is read may be written and removed right after.
    #expect(store.preimage(for: keys[0]) == values[0])
    #expect(store.take(PreimageKey.sha256(of: [9]), [9]) == .added)
    store.flush()
    #expect(other.preimage(for: PreimageKey.sha256(of: [9])) == [9])
  }

  @Test("Nothing wrong comes in, and no local input")
  func admission() throws {
    let store = try PreimageStore(in: folder, giver: "host", trusts: [.blob, .precompile])
    #expect(store.take(PreimageKey.keccak256(of: [1]), [2]) == .wrong)
    #expect(store.take(PreimageKey.sha256(of: [1]), [2]) == .wrong)
    #expect(store.take(PreimageKey.local(1), [1]) == .notStored)
    #expect(store.take(key(.global), [1]) == .notStored)
    var illegal = key(.blob)
    for type in [UInt8(0), 7, 255] {
      illegal[0] = type
      #expect(store.take(illegal, [1]) == .notStored)
    }
    #expect(try store.status().count == 0)
  }

  @Test("Each kind of forged row is found, reported, removed, and never served")
  func forged() throws {
    let value = [UInt8](1...100)
    let hashed = PreimageKey.keccak256(of: value)
    let blob = key(.blob)
    let forgeries = [
      "UPDATE preimage SET value=x'0102'", "UPDATE preimage SET value=zeroblob(100)",
      "UPDATE preimage SET value='text'", "UPDATE preimage SET value=7",
      "UPDATE preimage SET value=zeroblob(1000000)", "UPDATE preimage SET seal=x'00'",
      "UPDATE preimage SET value=x''",
    ]
    for forgery in forgeries {
      for key in [hashed, blob] {
        let folder = try TemporaryFolder()
        do {
          let store = try PreimageStore(in: folder, giver: "host")
          #expect(store.take(key, value) == .added)
        }
        try tamper(folder, forgery)
        let reports = Reports()
        let store = try PreimageStore(
          in: folder, giver: "host", trusts: [.blob], reports: reports)
        #expect(store.preimage(for: key) == nil, "\(forgery)")
        #expect(reports.all.count == 1 && reports.all[0].contains("\(key)"), "\(forgery)")
        #expect(try store.status().count == 0, "\(forgery)")
        // The source is asked, and its answer is stored.
        #expect(store.take(key, value) == .added)
        store.flush()
        #expect(store.preimage(for: key) == value)
      }
    }
  }

  @Test("A row whose key or slot is another is not served under either key, and a check removes it")
  func movedRows() throws {
    let value = [UInt8](1...100)
    let other = PreimageKey.keccak256(of: [9])
    for change in ["key=x'\(other.description.dropFirst(2))'", "slot=slot+1", "giver=5"] {
      let folder = try TemporaryFolder()
      let key = PreimageKey.keccak256(of: value)
      do { try PreimageStore(in: folder).add(key, value) }
      try tamper(folder, "UPDATE preimage SET \(change)")
      let store = try PreimageStore(in: folder)
      #expect(store.preimage(for: key) == nil)
      #expect(store.preimage(for: other) == nil)
      #expect(try store.check().removed.count == 1, "\(change)")
      #expect(try store.check() == StoreCheck())
    }
  }

  @Test("Two keys with the same slot are two pre-images")
  func sameSlot() throws {
    let values: [[UInt8]] = [[1], [2]]
    let keys = values.map { PreimageKey.keccak256(of: $0) }
    do {
      let store = try PreimageStore(in: folder)
      for (key, value) in zip(keys, values) { store.add(key, value) }
    }
    // The first row also has the second's slot: it is passed over.
    try tamper(
      folder, "UPDATE preimage SET slot=(SELECT slot FROM preimage ORDER BY id DESC LIMIT 1)")
    let store = try PreimageStore(in: folder)
    let found = zip(keys, values).filter { store.preimage(for: $0) == $1 }
    #expect(found.count == 1)
  }

  @Test("Blobs and results go to runs that trust them and have the host that gave them")
  func trust() throws {
    let keys = [key(.blob), key(.precompile)]
    do {
      let store = try PreimageStore(in: folder, giver: "op-program")
      for key in keys { #expect(store.take(key, [1, 2]) == .added) }
    }
    for (giver, trusted, isServed) in [
      ("op-program", Set([PreimageKeyType.blob, .precompile]), [true, true]),
      ("op-program", [.blob], [true, false]), ("op-program", [.precompile], [false, true]),
      ("op-program", [], [false, false]), ("kona-host", [.blob, .precompile], [false, false]),
      (nil, [.blob, .precompile], [false, false]),
    ] {
      let store = try PreimageStore(in: folder, giver: giver, trusts: trusted)
      #expect(keys.map { store.preimage(for: $0) != nil } == isServed, "\(giver ?? "") \(trusted)")
    }
    // Another host's answer stands beside it.
    let other = try PreimageStore(in: folder, giver: "kona-host", trusts: [.blob])
    #expect(other.take(keys[0], [3]) == .added)
    other.flush()
    #expect(other.preimage(for: keys[0]) == [3])
    let first = try PreimageStore(in: folder, giver: "op-program", trusts: [.blob])
    #expect(first.preimage(for: keys[0]) == [1, 2])
    // One that takes the other's name in the table of names does not take its pre-images.
    try tamper(folder, "UPDATE giver SET name=CAST('kona-host' AS BLOB)")
    #expect(try first.check().removed.count == 2)
  }

  @Test("A host that gives a second answer for a key has neither stored")
  func contradiction() throws {
    let reports = Reports()
    for value in [[1], [2]] as [[UInt8]] {
      try PreimageStore(in: folder, giver: "host", reports: reports).add(key(.blob), value)
    }
    #expect(reports.all.count == 1)
    let store = try PreimageStore(in: folder, giver: "host", trusts: [.blob])
    #expect(store.preimage(for: key(.blob)) == nil)
  }

  @Test("Results of SHA-256, RIPEMD-160 and identity are checked when they come in and go out")
  func precompiles() throws {
    func input(_ address: UInt8) -> [UInt8] {
      [UInt8](repeating: 0, count: 19) + [address] + [UInt8](repeating: 7, count: 8)
        + Array("abc".utf8)
    }
    var hash = PreimageKey.sha256(of: Array("abc".utf8))
    hash[0] = 0xBA
    let ripemd: [UInt8] = [
      0x8E, 0xB2, 0x08, 0xF7, 0xE0, 0x5D, 0x98, 0x7A, 0x9B, 0x04, 0x4A, 0x8E, 0x98, 0xC6, 0xB0,
      0x87,
      0xF1, 0x5A, 0x0B, 0xFC,
    ]
    let results: [(UInt8, [UInt8])] = [
      (2, hash.bytes), (3, [UInt8](repeating: 0, count: 12) + ripemd), (4, Array("abc".utf8)),
    ]
    for (address, output) in results {
      let inputKey = PreimageKey.keccak256(of: input(address))
      var key = inputKey
      key[0] = PreimageKeyType.precompile.rawValue
      let folder = try TemporaryFolder()
      let store = try PreimageStore(in: folder, giver: "host", trusts: [.precompile])
      #expect(store.take(inputKey, input(address)) == .added)
      #expect(store.take(key, [0] + output) == .wrong)
      #expect(store.take(key, [1] + output.dropLast() + [0x5A]) == .wrong)
      #expect(store.take(key, [1] + output) == .added)
      store.flush()
      #expect(store.preimage(for: key) == [1] + output)
    }
    // Those of others are the host's word.
    let store = try PreimageStore(in: folder, giver: "host", trusts: [.precompile])
    let inputKey = PreimageKey.keccak256(of: input(8))
    var key = inputKey
    key[0] = PreimageKeyType.precompile.rawValue
    store.add(inputKey, input(8))
    #expect(store.take(key, [1, 2, 3]) == .added)
    #expect(store.preimage(for: key) == [1, 2, 3])
  }

  @Test("A result that came before its input is checked when it goes out")
  func lateInput() throws {
    let input = [UInt8](repeating: 0, count: 19) + [4] + [UInt8](repeating: 7, count: 8) + [9]
    let inputKey = PreimageKey.keccak256(of: input)
    var key = inputKey
    key[0] = PreimageKeyType.precompile.rawValue
    let store = try PreimageStore(in: folder, giver: "host", trusts: [.precompile])
    #expect(store.take(key, [1, 8]) == .added)
    store.flush()
    store.add(inputKey, input)
    store.flush()
    #expect(store.preimage(for: key) == nil)
    #expect(try store.status().count == 1)
  }

  @Test("What was not used for longest goes first, and the file stays within its limit")
  func eviction() throws {
    let limit: UInt64 = 4 << 20
    var generator = SeededGenerator(seed: 4)
    let precious = (0..<50).map { _ in generator.bytes(500) }
    do {
      let store = try PreimageStore(in: folder, limit: limit)
      for value in precious { store.add(PreimageKey.keccak256(of: value), value) }
      for _ in 0..<2000 {
        let value = generator.bytes(500)
        store.add(PreimageKey.keccak256(of: value), value)
      }
    }
    // All of it is old; what is read now is not.
    try tamper(folder, "UPDATE preimage SET used=used-100")
    do {
      let store = try PreimageStore(in: folder, limit: limit)
      for value in precious {
        #expect(store.preimage(for: PreimageKey.keccak256(of: value)) == value)
      }
    }
    let store = try PreimageStore(in: folder, limit: limit)
    for _ in 0..<5000 {
      let value = generator.bytes(500)
      store.add(PreimageKey.keccak256(of: value), value)
    }
    store.flush()
    for value in precious {
      #expect(store.preimage(for: PreimageKey.keccak256(of: value)) == value)
    }
    let full = try store.status()
    #expect(full.count > 3000 && full.count < 7050)
    // The log is written into the file now and then.
    #expect(full.fileBytes < 3 * limit)
    try store.prune(to: 1 << 20)
    let pruned = try store.status()
    #expect(pruned.fileBytes <= 1 << 20)
    #expect(pruned.count > 0 && pruned.bytes < 1 << 20)
    #expect(try store.check().removed == [])
  }

  @Test("A reader's stamps are written at most once an hour")
  func stamps() throws {
    let key = PreimageKey.keccak256(of: [1])
    do { try PreimageStore(in: folder).add(key, [1]) }
    try tamper(folder, "UPDATE preimage SET used=used-5")
    let old = try #require(try PreimageStore(in: folder).status().oldestUse)
    do { _ = try PreimageStore(in: folder).preimage(for: key) }
    let new = try #require(try PreimageStore(in: folder).status().oldestUse)
    #expect(new >= old + 5 * 3600)
  }
}
