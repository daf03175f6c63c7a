extension Memory {
  /// The 8 bytes at an address that is a multiple of 8.
  @inline(__always)
  func load64(_ address: UInt64) -> UInt64 {
    readPage(address).load(fromByteOffset: Int(address & 0xFF8), as: UInt64.self).bigEndian
  }

  /// The 4 bytes at an address that is a multiple of 4.
  @inline(__always)
  func load32(_ address: UInt64) -> UInt32 {
    readPage(address).load(fromByteOffset: Int(address & 0xFFC), as: UInt32.self).bigEndian
  }

  /// The instruction word at an address; its two low bits are ignored.
  package func instruction(at address: UInt64) -> UInt32 { load32(address & wordSize.mask) }

  /// The word at an address; its low bits inside a word are ignored. Zero-extended.
  package func loadWord(at address: UInt64) -> UInt64 {
    wordSize == .bits64 ? load64(address) : UInt64(load32(address))
  }

  /// Writes the word at an address; its low bits inside a word are ignored. Makes the page.
  package func storeWord(_ value: UInt64, at address: UInt64) throws(HostMemoryError) {
    let page = if let page = writablePage(address) { page } else { try preparedPage(address) }
    if wordSize == .bits64 {
      page.storeBytes(of: value.bigEndian, toByteOffset: Int(address & 0xFF8), as: UInt64.self)
    } else {
      page.storeBytes(
        of: UInt32(truncatingIfNeeded: value).bigEndian, toByteOffset: Int(address & 0xFFC),
        as: UInt32.self)
    }
  }
}
