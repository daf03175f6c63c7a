import FalconetMachine

/// Fills the memory of a prestate, with the pages that a release's loader makes.
struct ImageWriter {
  /// What errors call the program's file.
  let file: String
  private let memory: Memory
  private let rules: LoaderRules

  init(_ memory: Memory, _ rules: LoaderRules, file: String) {
    self.memory = memory
    self.rules = rules
    self.file = file
  }

  /// Writes bytes, as a part of a range or as a whole one.
  func write(_ bytes: [UInt8], at address: UInt64) throws(ELFError) {
    do throws(HostMemoryError) {
      try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(HostMemoryError) in
        try unsafe memory.write(UnsafeRawBufferPointer(bytes), at: address)
      }
    } catch {
      throw noMemory(error)
    }
  }

  /// Writes bytes as a whole range.
  func write(range bytes: [UInt8], at address: UInt64) throws(ELFError) {
    try write(bytes, at: address)
    try endRange(at: address &+ UInt64(bytes.count))
  }

  /// Writes zeros.
  func clear(at address: UInt64, count: UInt64) throws(ELFError) {
    do throws(HostMemoryError) {
      try memory.clear(at: address, count: count)
    } catch {
      throw noMemory(error)
    }
  }

  /// Called with the address right behind a range once it is written.
  func endRange(at end: UInt64) throws(ELFError) {
    guard rules.createsPageBehind else { return }
    let address = end & memory.wordSize.mask
    do throws(HostMemoryError) {
      // Writing back what is there makes the page and changes nothing else.
      try memory.storeWord(memory.loadWord(at: address), at: address)
    } catch {
      throw noMemory(error)
    }
  }

  private func noMemory(_ error: HostMemoryError) -> ELFError {
    ELFError(
      .noMemory, file: file,
      message: "the host has no more memory after \(error.pageCount) pages of 4096 bytes",
      remedy: "raise the limit of the process or use a machine with more memory")
  }
}
