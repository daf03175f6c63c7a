import CFalconetDemo
import FalconetStreams
import Keccak

/// The program that `falconet demo` runs, built into the tool, with its pre-images.
///
/// A Go program that asks for blocks of data by their hashes, adds up their bytes, and exits with 0
/// if the sum is the one that a local input claims.
struct DemoProgram {
  /// The step in which the program first reads a part of a pre-image.
  static let firstRead: UInt64 = 591_664
  /// A step on the way, at which the demo takes a snapshot.
  static let snapshotStep: UInt64 = 5_000_000

  let elf: [UInt8]
  let preimages: [Bytes32: [UInt8]]

  /// No file of the archive is larger.
  private static let fileLimit: UInt64 = 16 << 20

  /// Unpacks the program.
  init() throws(StreamError) {
    var elf: [UInt8] = []
    var preimages: [Bytes32: [UInt8]] = [:]
    // Constant data of the program, of the size that the same C file gives.
    let archive = Array(
      UnsafeBufferPointer(start: cfalconetdemo_archive(), count: cfalconetdemo_archive_size()))
    let tar = TarReader(
      ByteReader(try ZstdSource(over: MemorySource(archive, name: "built-in program"))))
    while let entry = try tar.next() {
      let name = entry.name.split(separator: "/").last ?? ""
      let contents = try tar.contents(limit: Self.fileLimit)
      if name == "guest.elf" {
        elf = contents
      } else if let key = Bytes32(hex: name.prefix { $0 != "." }) {
        preimages[key] = contents
      }
    }
    self.elf = elf
    self.preimages = preimages
  }
}
