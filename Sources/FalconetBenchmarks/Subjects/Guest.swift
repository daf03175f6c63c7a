import FalconetELF
import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams

/// A program that is executed, as the prestate of a state version 8 machine.
struct Guest {
  let name: String
  /// The ELF file, for other programs that execute it; nil for one made here.
  let elf: String?
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
    for name in ["compute", "heap"] {
      guard let folder = options.guests else { continue }
      if options.isQuick && name == "heap" { continue }
      all.append(try Guest(name: name, elf: "\(folder)/64/\(name).elf", in: options.work))
    }
    all.append(
      try Guest(
        name: "kona-like", elf: "\(options.fixtures)/c/kona-like.elf",
        preimages: "\(options.work)/kona-like", in: options.work))
    for name in ["threads", "hello"] {
      all.append(try Guest(name: name, elf: "\(options.fixtures)/64/\(name).elf", in: options.work))
    }
    all.append(try Guest("loop", nil, SyntheticLoop.image(), options.work))
  }

  /// The guest of a name.
  subscript(name: String) -> Guest? { all.first { $0.name == name } }

  /// The guest that long measurements are of: `compute` if it is there.
  var long: Guest? { self["compute"] ?? self["loop"] }
}
