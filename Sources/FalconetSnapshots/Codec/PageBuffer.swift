import FalconetMachine

/// One page's bytes while they pass.
///
/// Safety: allocated for the life of the object, all 4096 bytes initialized.
final class PageBuffer {
  let bytes: UnsafeMutableRawBufferPointer

  init() {
    bytes = .allocate(byteCount: Memory.pageSize, alignment: Memory.pageSize)
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { bytes.deallocate() }
}
