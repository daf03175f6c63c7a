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

  /// Writes bytes at an address; the range wraps at the end of the address space. Makes every page
  /// it touches. O(n).
  package func write(
    _ bytes: UnsafeRawBufferPointer, at address: UInt64
  ) throws(HostMemoryError) {
    try forEachPart(of: address, count: UInt64(bytes.count)) { part, range in
      part.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }

  /// Writes `count` zero bytes at an address, and makes every page it touches. O(n).
  package func clear(at address: UInt64, count: UInt64) throws(HostMemoryError) {
    try forEachPart(of: address, count: count) { part, _ in
      part.initializeMemory(as: UInt8.self, repeating: 0)
    }
  }

  /// Calls `body` for each page that a range touches, with the bytes of the page in the range, and
  /// which part of the range they are.
  private func forEachPart(
    of address: UInt64, count: UInt64,
    _ body: (UnsafeMutableRawBufferPointer, Range<Int>) -> Void
  ) throws(HostMemoryError) {
    var done: UInt64 = 0
    while done < count {
      let position = (address &+ done) & wordSize.mask
      let offset = Int(position & 0xFFF)
      let size = Int(min(UInt64(Self.pageSize - offset), count - done))
      let page = try preparedPage(position)
      body(
        UnsafeMutableRawBufferPointer(start: page + offset, count: size),
        Int(done)..<Int(done) + size)
      done += UInt64(size)
    }
  }

  /// Appends `count` bytes from an address to `bytes`; the range wraps at the end of the address
  /// space. Reading makes no page. O(n).
  package func read(into bytes: inout [UInt8], from address: UInt64, count: Int) {
    bytes.reserveCapacity(bytes.count + count)
    var done = 0
    while done < count {
      let position = (address &+ UInt64(done)) & wordSize.mask
      let offset = Int(position & 0xFFF)
      let size = min(Self.pageSize - offset, count - done)
      let start = page(position >> 12) + offset
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: size))
      done += size
    }
  }
}
