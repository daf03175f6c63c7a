import FalconetMachine

/// The patches that let a Go program run on a machine with one thread.
///
/// Functions that start threads, or that take long for nothing a proof needs, return at once.
enum GoPatches {
  /// `jr $ra` and the `nop` of its delay slot, big-endian.
  static let returnAtOnce: [UInt8] = [0x03, 0xE0, 0x00, 0x08, 0x00, 0x00, 0x00, 0x00]

  /// What starts the collector's helper up to Go 1.22. Later it is another initialization, and this one
  /// sets up what a program needs to exit: Cannon patches it all the same.
  static let collectorStart = "runtime.init.5"

  /// The functions by the names of their symbols.
  static let functions: [String] = [
    "runtime.gcenable",
    collectorStart,
    "runtime.main.func1",
    "runtime.deductSweepCredit",
    "runtime.(*gcControllerState).commit",
    "github.com/prometheus/client_golang/prometheus.init",
    "github.com/prometheus/client_golang/prometheus.init.0",
    "github.com/prometheus/procfs.init",
    "github.com/prometheus/common/model.init",
    "github.com/prometheus/client_model/go.init",
    "github.com/prometheus/client_model/go.init.0",
    "github.com/prometheus/client_model/go.init.1",
    "flag.init",
    "runtime.check",
  ]

  /// How often Go samples memory that is allocated: a word. Sampling computes in floating point.
  private static let profileRate = Array("runtime.MemProfileRate".utf8)

  /// Patches every function of the list that the program has.
  static func apply(
    to image: ImageWriter, symbols: SymbolTable, space: AddressSpace, _ rules: LoaderRules
  ) throws(ELFError) {
    let names = functions.map { Array($0.utf8) }
    for index in 0..<symbols.count {
      let name = symbols.nameBytes(at: index)
      let patch: [UInt8]
      if names.contains(where: { name.elementsEqual($0) }) {
        patch = returnAtOnce
      } else if rules.clearsMemoryProfileRate, name.elementsEqual(profileRate) {
        patch = [0, 0, 0, 0]
      } else {
        continue
      }
      let address = symbols.start(at: index)
      let last = space.lastELFAddress - UInt64(patch.count)
      guard address <= last else {
        throw ELFError(
          .outOfRange, file: image.file,
          message: "symbol \(String(decoding: name, as: UTF8.self)) at"
            + " \(hex(address)) cannot be patched: it leaves the address space",
          remedy: "link the program to lower addresses")
      }
      try image.write(range: patch, at: address)
    }
  }
}
