import FalconetOracle
import FalconetStreams
import FalconetTestSupport
import Glibc
import SystemPackage
import Testing

@testable import FalconetStore

@Suite("A store's directory that is full, corrupt or not one")
struct StoreFailureTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func failure(makes: Bool = true) -> StoreError? {
    do throws(StoreError) {
      _ = try PreimageStore(StoreOptions(path: folder.file("store")), makes: makes)
      return nil
    } catch { return error }
  }

  private func fill() throws {
    let store = try PreimageStore(in: folder)
    for number in 0..<200 {
      let value = [UInt8](repeating: UInt8(number), count: 400)
      store.add(PreimageKey.keccak256(of: value), value)
    }
  }

  @Test("What is not a store's directory is refused with the reason")
  func foreign() throws {
    #expect(failure(makes: false)?.description.contains("does not exist") == true)
    try folder.write("", to: "store")
    #expect(failure()?.description.contains("not a directory") == true)
    unlink(folder.file("store"))
    folder.makeFolder("store")
    #expect(failure(makes: false)?.description.contains("has no preimages.db") == true)
    for name in ["preimages.db", "preimages.db-wal", "preimages.db-shm", "preimages.db-journal"] {
      let path = folder.file("store/\(name)")
      #expect(mkfifo(path, 0o600) == 0)
      #expect(failure()?.description.contains("\(name) is not a regular file") == true)
      unlink(path)
    }
    var empty = StoreOptions(path: "")
    empty.limit = 1
    #expect(throws: StoreError.self) { try PreimageStore(empty) }
  }

  @Test("A store of another format, another program's database and other tables are refused")
  func otherFormat() throws {
    try fill()
    try tamper(folder, "PRAGMA user_version=2")
    guard case .otherFormat(_, format: 2) = failure() else {
      Issue.record("\(String(describing: failure()))")
      return
    }
    #expect(failure()?.description.contains("format 2, and this release reads format 1") == true)
    try raw("PRAGMA user_version=1; CREATE TABLE other(x)")
    #expect(failure()?.description.contains("other tables") == true)
    try raw("DROP TABLE other; DROP INDEX preimage_used")
    #expect(failure()?.description.contains("lacks tables") == true)
    try raw("PRAGMA application_id=7")
    #expect(failure()?.description.contains("another program") == true)
  }

  /// Changes the file though it is none of this release.
  private func raw(_ sql: String) throws {
    let database = try Database(FilePath(folder.file("store/preimages.db")), longest: 1 << 20)
    try database.execute(sql)
  }

  @Test(
    "A file that is cut, overwritten or garbage never ends the process and never gives a wrong value"
  )
  func corrupt() throws {
    try fill()
    let whole = try #require(folder.read("store/preimages.db"))
    var generator = SeededGenerator(seed: 7)
    var cases: [[UInt8]] = [Array("no database at all, but text of some length".utf8)]
    for size in [1, 16, 100, 4095, 4096, 5000, 8192, whole.count / 2, whole.count - 1] {
      cases.append(Array(whole[..<size]))
    }
    for _ in 0..<(isLongRun ? 3000 : 60) {
      var bytes = whole
      for _ in 0..<(1 + generator.below(20)) {
        // Beginnings of pages have their structure.
        let page = generator.below(whole.count / 4096)
        let offset = page * 4096 + generator.below(generator.below(2) == 0 ? 64 : 4096)
        bytes[offset] = UInt8(generator.below(256))
      }
      cases.append(bytes)
    }
    for bytes in cases {
      for name in TemporaryFolder.names(in: folder.file("store")) {
        unlink(folder.file("store/\(name)"))
      }
      try folder.write(bytes, to: "store/preimages.db")
      let reports = Reports()
      let store: PreimageStore
      do throws(StoreError) { store = try PreimageStore(in: folder, reports: reports) } catch {
        continue
      }
      for number in 0..<200 {
        let value = [UInt8](repeating: UInt8(number), count: 400)
        let key = PreimageKey.keccak256(of: value)
        if let found = store.preimage(for: key) { #expect(found == value) }
        store.add(key, value)
      }
      store.flush()
      _ = try? store.status()
      _ = try? store.check()
    }
  }

  @Test("A file that is cut while it is in use is an error of the store alone")
  func cutWhileOpen() throws {
    try fill()
    let reports = Reports()
    let store = try PreimageStore(in: folder, reports: reports)
    let values = (0..<200).map { [UInt8](repeating: UInt8($0), count: 400) }
    #expect(store.preimage(for: PreimageKey.keccak256(of: values[0])) == values[0])
    #expect(truncate(folder.file("store/preimages.db"), 4096) == 0)
    for value in values {
      let found = store.preimage(for: PreimageKey.keccak256(of: value))
      #expect(found == nil || found == value)
    }
    for number in 0..<50 {
      let value = [UInt8](repeating: UInt8(number), count: 5000)
      store.add(PreimageKey.keccak256(of: value), value)
    }
    store.flush()
  }

  @Test(
    "A full disk leaves out what has no room, and what was stored stays",
    .enabled(if: SmallDisk.isPossible))
  func fullDisk() throws {
    let disk = try #require(try SmallDisk(bytes: 2 << 20))
    let reports = Reports()
    var options = StoreOptions(path: disk.folder.file("store"))
    options.report = reports.take
    var generator = SeededGenerator(seed: 5)
    var stored: [[UInt8]] = []
    do {
      let store = try PreimageStore(options)
      for _ in 0..<200 { stored.append(generator.bytes(1000)) }
      for value in stored { store.add(PreimageKey.keccak256(of: value), value) }
      store.flush()
      for _ in 0..<4000 {
        let value = generator.bytes(1000)
        store.add(PreimageKey.keccak256(of: value), value)
      }
      store.flush()
      for value in stored {
        #expect(store.preimage(for: PreimageKey.keccak256(of: value)) == value)
      }
    }
    #expect(reports.all.contains { $0.contains("cannot be written") }, "\(reports.all)")
    #expect(disk.remount(isReadOnly: false, bytes: 64 << 20))
    let store = try PreimageStore(options)
    for value in stored { #expect(store.preimage(for: PreimageKey.keccak256(of: value)) == value) }
    #expect(try store.check().removed == [])
    let value = generator.bytes(1000)
    store.add(PreimageKey.keccak256(of: value), value)
    store.flush()
    #expect(try PreimageStore(options).preimage(for: PreimageKey.keccak256(of: value)) == value)
  }

  @Test(
    "A store on a disk that cannot be written is an error that says so, and what it has stays",
    .enabled(if: SmallDisk.isPossible))
  func readOnly() throws {
    let disk = try #require(try SmallDisk(bytes: 2 << 20))
    let options = StoreOptions(path: disk.folder.file("store"))
    let key = PreimageKey.keccak256(of: [1])
    do { try PreimageStore(options).add(key, [1]) }
    #expect(disk.remount(isReadOnly: true))
    var failure: StoreError?
    do throws(StoreError) { _ = try PreimageStore(options) } catch { failure = error }
    guard case .unusable = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(failure?.description.contains("cannot be written") == true, "\(failure!)")
    #expect(disk.remount(isReadOnly: false))
    #expect(try PreimageStore(options).preimage(for: key) == [1])
  }

  @Test(
    "A disk that is full before the store is made is an error that says so",
    .enabled(if: SmallDisk.isPossible))
  func fullFromTheStart() throws {
    let disk = try #require(try SmallDisk(bytes: 64 << 10))
    try? disk.folder.write([UInt8](repeating: 0, count: 60 << 10), to: "filler")
    var made: StoreError?
    do throws(StoreError) {
      _ = try PreimageStore(StoreOptions(path: disk.folder.file("store")))
    } catch { made = error }
    guard case .noRoom = made else {
      Issue.record("\(String(describing: made))")
      return
    }
    // A run goes on without it.
    let reports = Reports()
    var source = PreimageSource(.none)
    source.use(StoreOptions(path: disk.folder.file("store")))
    source.onCacheReport = reports.take
    _ = try source.open()
    #expect(reports.all.count == 1 && reports.all[0].contains("cannot be used"), "\(reports.all)")
  }
}
