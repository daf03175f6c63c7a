import FalconetELF
import FalconetMachine
import FalconetOracle
import FalconetStreams
import Glibc
import Keccak

/// What the tests compare against: guest programs, recorded runs and proofs of the reference
/// machine, snapshots that it wrote, and pre-images.
///
/// Safe to use from tests that run at once.
package enum Fixtures {
  /// The path of a file of the archive, such as `guests/64/hello.elf`.
  package static func path(_ name: String) throws(FixtureError) -> String {
    try FixtureFolder.path.get() + "/" + name
  }

  /// The bytes of a file of the archive.
  package static func bytes(_ name: String) throws(FixtureError) -> [UInt8] {
    try bytes(at: path(name))
  }

  /// The whole file at `path`.
  static func bytes(at path: String) throws(FixtureError) -> [UInt8] {
    do {
      let source = try FileSource(path: path)
      return try ByteReader(source).readBytes(source.size ?? 0)
    } catch {
      throw FixtureError("\(error)")
    }
  }

  // MARK: Guests

  /// A guest program by its folder and name, such as `64/hello.elf`. Debug sections are zeros.
  ///
  /// The large benchmarks are not in the archive: they come from the folder that the environment
  /// variable `FALCONET_GUESTS` names.
  package static func elf(_ name: String) throws(FixtureError) -> [UInt8] {
    if let folder = benchmarkFolder, isBenchmark(name) {
      return try bytes(at: folder + "/" + name)
    }
    return try bytes("guests/" + name)
  }

  /// Where guests that are too large for the archive are, if anywhere.
  private static var benchmarkFolder: String? {
    getenv("FALCONET_GUESTS").map { String(cString: $0) }
  }

  private static func isBenchmark(_ name: String) -> Bool {
    name.hasSuffix("/compute.elf") || name.hasSuffix("/heap.elf")
  }

  /// A guest that a vector is of, loaded and about to run.
  package static func prestate(
    _ version: StateVersion, _ guest: String
  ) throws(FixtureError) -> Prestate {
    let name = try vector(version, guest).elf
    do {
      return try Prestate.load(ELFFile(bytes: elf(name), name: name), version: version)
    } catch {
      throw FixtureError("\(error)")
    }
  }

  /// A machine at the first step of a recorded run, with the pre-images that served it.
  package static func machine(
    _ run: RecordedRun, _ engine: EngineKind = .translator
  ) throws(FixtureError) -> Machine {
    let prestate = try prestate(run.version, run.guest)
    return Machine(
      state: prestate.state, memory: prestate.memory, oracle: try oracle(run), engine: engine)
  }

  /// The pre-images that served a recorded run.
  package static func oracle(_ run: RecordedRun) throws(FixtureError) -> DictionaryOracle {
    DictionaryOracle(try preimages(of: vector(run.version, run.guest)))
  }

  // MARK: Snapshots

  /// The contents of a snapshot of the reference machine, such as `v8-threads-12000000.bin`,
  /// decompressed. `.gz` at the name's end makes no difference.
  package static func state(_ name: String) throws(FixtureError) -> [UInt8] {
    let plain = withoutGzip(name)
    guard let data = try? bytes("states/" + plain) else {
      let packed = try MemorySource(bytes("states/" + plain + ".gz"), name: plain + ".gz")
      let sink = ByteReader(GzipSource(over: packed))
      do {
        var contents: [UInt8] = []
        while try !sink.isAtEnd() { contents.append(try sink.readUInt8()) }
        return contents
      } catch {
        throw FixtureError("\(error)")
      }
    }
    return data
  }

  /// The snapshots by name, without `.gz`, with the state version and the claim that the reference
  /// machine gives for each.
  package static func stateClaims() throws(FixtureError) -> [String: (StateVersion, Bytes32)] {
    var claims: [String: (StateVersion, Bytes32)] = [:]
    let table = String(decoding: try bytes("states/claims.txt"), as: UTF8.self)
    for line in table.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count == 3, let version = StateVersion(named: String(fields[1])),
        let claim = Bytes32(hex: fields[2])
      else { throw FixtureError("states/claims.txt: a line reads \(line)") }
      claims[withoutGzip(String(fields[0]))] = (version, claim)
    }
    return claims
  }

  private static func withoutGzip(_ name: String) -> String {
    name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
  }

  // MARK: Pre-images

  /// A set of pre-images, `oracle-valid` or `oracle-invalid`, by key.
  package static func preimages(_ name: String) throws(FixtureError) -> [Bytes32: [UInt8]] {
    let folder = try path("preimages/" + name)
    var preimages: [Bytes32: [UInt8]] = [:]
    for file in TemporaryFolder.names(in: folder) where file.hasSuffix(".txt") {
      guard let key = Bytes32(hex: file.dropLast(4)),
        let data = Hex.decode(utf8: try bytes(at: folder + "/" + file))
      else { throw FixtureError("\(folder)/\(file) is no pre-image") }
      preimages[key] = data
    }
    guard !preimages.isEmpty else { throw FixtureError("no pre-images in \(folder)") }
    return preimages
  }

  /// The pre-images that a recorded run was served.
  package static func preimages(of vector: Vector) throws(FixtureError) -> [Bytes32: [UInt8]] {
    var served: [Bytes32: [UInt8]] = [:]
    for name in [vector.preimages, vector.preimagesBesides] {
      if let name { served.merge(try preimages(name)) { $1 } }
    }
    return served
  }
}
