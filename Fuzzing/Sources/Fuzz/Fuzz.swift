import Glibc
import _FalconetFuzzing

/// The target that the environment variable `FALCONET_FUZZ` names.
///
/// Sound: libFuzzer calls its functions from one thread.
nonisolated(unsafe) private var opened: FuzzSession?

/// Called before the first input. `FALCONET_FUZZ_SEEDS` names a directory that gets the target's seeds;
/// the program ends with that.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?
) -> CInt {
  guard let name = getenv("FALCONET_FUZZ").map({ String(cString: $0) }),
    let target = FuzzTarget(rawValue: name)
  else {
    for target in FuzzTarget.allCases { print(target.rawValue) }
    exit(64)
  }
  do {
    let session = try target.open()
    if let folder = getenv("FALCONET_FUZZ_SEEDS").map({ String(cString: $0) }) {
      try write(session.seeds(), to: folder)
      exit(0)
    }
    opened = session
  } catch {
    print(error)
    exit(1)
  }
  // The target's files go with the process.
  atexit { opened = nil }
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Sound: libFuzzer's buffer has `count` bytes, and they are copied before the call returns.
  let input = Array(UnsafeBufferPointer(start: data, count: data == nil ? 0 : count))
  do { try opened?.run(input) } catch {
    // libFuzzer keeps the input that ends the process.
    fatalError("\(error)")
  }
  return 0
}

private func write(_ seeds: [FuzzSeed], to folder: String) throws {
  mkdir(folder, 0o755)
  for seed in seeds {
    guard let file = fopen("\(folder)/seed-\(seed.name)", "w"),
      fwrite(seed.bytes, 1, seed.bytes.count, file) == seed.bytes.count, fclose(file) == 0
    else { throw SeedError(name: seed.name) }
  }
}

private struct SeedError: Error {
  let name: String
}
