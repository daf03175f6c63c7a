import Falconet
import FuzzSupport

/// Pages of the largest memory that is written in all formats. An input of a few bytes may ask for
/// 1 GiB, which takes seconds.
private let pageLimit = 64

/// ELF files, loaded for the state version that the first byte chooses.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = bytes(data, count)
  guard let choice = input.first else { return 0 }
  let versions = StateVersion.allCases
  let version = versions[Int(choice) % versions.count]
  do throws(ELFError) {
    let elf = try ELFFile(bytes: Array(input.dropFirst()), name: "input")
    let prestate = try Prestate.load(elf, version: version)
    _ = prestate.symbols.name(at: elf.entry)
    guard prestate.memory.pageCount <= pageLimit else { return 0 }
    SnapshotChecks.check(MemoryImage(state: prestate.state, memory: prestate.memory))
  } catch {
    if error.message.isEmpty || error.remedy.isEmpty { found("an error without a text") }
  }
  return 0
}
