import FalconetELF
import FalconetLibc
import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams

/// A program that is executed, as the prestate of a state version 8 machine.
struct Guest {
  let name: String
  /// The ELF file, for other programs that execute it; nil for one made here.
  let elf: String?
  /// Whether Linux executes it: `kona-like` asks for memory as the VM alone gives it.
  var isForLinux: Bool { elf != nil && name != "kona-like" }
  /// The folder of the pre-images that it asks for, if it asks for any.
  let preimages: String?
  /// The prestate as an uncompressed snapshot, and its symbols.
  let prestate: String
  let symbols: String
  /// Steps of the whole run.
  let steps: UInt64

  /// A machine at the guest's first step.
  func machine(_ engine: EngineKind = .translator) throws -> Machine {
    let image = try Snapshot.load(path: prestate)
    return Machine(
      state: image.state, memory: image.memory, oracle: try Self.oracle(preimages), engine: engine)
  }

  private static func oracle(_ folder: String?) throws -> any PreimageOracle {
    guard let folder else { return NoPreimages() }
    return try DirectoryOracle(path: folder)
  }

  /// Prepares the guest of an ELF file, and executes it once.
  init(name: String, elf: String, preimages: String? = nil, in work: String) throws {
    let loaded = try Prestate.load(ELFFile(path: elf), version: .v8)
    let image = MemoryImage(state: loaded.state, memory: loaded.memory)
    try self.init(name, elf, image, preimages: preimages, work)
    let symbols = self.symbols
    try AtomicFile.write(path: symbols) { (sink) throws(StreamError) in
      try loaded.symbols.write(to: sink)
    }
  }

  /// A guest of a state.
  init(
    _ name: String, _ elf: String?, _ image: MemoryImage, preimages: String? = nil, _ work: String
  ) throws {
    self.name = name
    self.elf = elf
    self.preimages = preimages
    prestate = "\(work)/\(name).bin"
    symbols = "\(work)/\(name).meta.json"
    try Snapshot.save(image, path: prestate)
    let machine = Machine(
      state: image.state, memory: image.memory, oracle: try Self.oracle(preimages))
    _ = try machine.run(until: .max)
    steps = machine.step
  }
}

/// The guests that there are.
struct Guests {
  /// In the order of the tables.
  private(set) var all: [Guest] = []

  init(_ options: Options) throws {
    func add(_ name: String, _ elf: String, _ preimages: String? = nil) throws {
      guard options.measures(name) else { return }
      all.append(try Guest(name: name, elf: elf, preimages: preimages, in: options.work))
    }
    if let folder = options.guests {
      for name in ["compute", "heap"] where !(options.isQuick && name == "heap") {
        try add(name, "\(folder)/64/\(name).elf")
      }
      let rollup = "\(folder)/64/rollup.elf"
      // `Tests/Guests/rollup/build` makes it, which takes minutes.
      if access(rollup, F_OK) == 0, !options.isQuick {
        try add("rollup", rollup, "\(folder)/rollup-preimages")
      }
    }
    try add("kona-like", "\(options.fixtures)/c/kona-like.elf", "\(options.work)/kona-like")
    for name in ["threads", "hello"] { try add(name, "\(options.fixtures)/64/\(name).elf") }
    if options.measures("loop") {
      all.append(try Guest("loop", nil, SyntheticLoop.image(), options.work))
    }
    if let unknown = options.names.first(where: { self[$0] == nil }) {
      throw BenchmarkError("--only: there is no guest \(unknown)")
    }
  }

  /// The guest of a name.
  subscript(name: String) -> Guest? { all.first { $0.name == name } }

  /// The guest that long measurements are of: `compute` if it is there.
  var long: Guest? { self["compute"] ?? self["loop"] }
}
