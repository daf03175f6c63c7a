import CFPVM
import CFalconet

/// Executes a function of the table, and writes the text of its error.
///
/// Safety: that the room of the text is as large as it says is the caller's promise.
func fpvmCall(
  _ error: UnsafeMutablePointer<fpvm_error>?, _ body: () throws(CallError) -> Void
) -> Int32 {
  do throws(CallError) {
    try body()
    return FPVM_OK
  } catch let failure {
    error?.write(failure.message)
    return fpvmStatus(of: failure.status)
  }
}

/// Safety: that the room of the text is as large as it says is the caller's promise.
extension UnsafeMutablePointer<fpvm_error> {
  /// Writes as much of a text as there is room for.
  fileprivate func write(_ message: String) {
    guard FPVMSize.isValid(pointee.size, for: fpvm_error.self), let text = pointee.text else {
      return
    }
    let bytes = Array(message.readableFileName.utf8)
    var count = min(bytes.count, Int(clamping: pointee.room))
    // Not in the middle of a character: its later bytes are 10xxxxxx.
    if count < bytes.count { while count > 0 && bytes[count] & 0xC0 == 0x80 { count -= 1 } }
    UnsafeMutableRawBufferPointer(start: text, count: count).copyBytes(from: bytes[..<count])
    pointee.count = UInt64(count)
  }
}

/// The status of `fpvm.h` for one of `falconet.h`.
private func fpvmStatus(of status: falconet_status) -> Int32 {
  switch status {
  case FALCONET_OK: FPVM_OK
  case FALCONET_INVALID_ARGUMENT, FALCONET_NOT_FOUND: FPVM_INVALID
  case FALCONET_BUSY: FPVM_BUSY
  // No call of the table opens a file: what cannot be read or written is a callback's.
  case FALCONET_IO_ERROR: FPVM_CALLBACK
  case FALCONET_BAD_DATA: FPVM_BAD_DATA
  case FALCONET_UNSUPPORTED: FPVM_UNSUPPORTED
  case FALCONET_PREIMAGE_ERROR: FPVM_PREIMAGE
  case FALCONET_PANIC: FPVM_PANIC
  case FALCONET_NO_MEMORY: FPVM_NO_MEMORY
  case FALCONET_EXITED: FPVM_EXITED
  case FALCONET_REJECTED: FPVM_REJECTED
  case FALCONET_CANCELLED: FPVM_STOP
  // Of a mismatch, and of those that only calls for files give.
  default: FPVM_INTERNAL
  }
}

/// The rule of sizes.
///
/// Safety: that a structure has as many bytes as its size says is the caller's promise.
enum FPVMSize {
  /// Whether a caller's structure may have this size.
  static func isValid<Structure>(_ size: UInt64, for type: Structure.Type) -> Bool {
    (UInt64(MemoryLayout<Structure>.size)...UInt64(FPVM_SIZE_MAX)).contains(size)
  }

  /// The size of a structure, which it begins with.
  private static func check<Structure>(
    _ structure: UnsafePointer<Structure>?, _ name: String
  ) throws(CallError) -> UnsafeRawBufferPointer {
    let start = UnsafeRawPointer(try Argument.pointer(structure, name))
    let size = start.loadUnaligned(as: UInt64.self)
    guard isValid(size, for: Structure.self) else {
      throw .invalid(
        "\(name) has the size \(size): sizes are \(MemoryLayout<Structure>.size)"
          + " to \(FPVM_SIZE_MAX)")
    }
    return UnsafeRawBufferPointer(start: start, count: Int(size))
  }

  /// An argument, of which nothing may be set that is not known here.
  static func argument<Structure>(
    _ structure: UnsafePointer<Structure>?, _ name: String
  ) throws(CallError) -> Structure {
    let bytes = try check(structure, name)
    guard bytes.dropFirst(MemoryLayout<Structure>.size).allSatisfy({ $0 == 0 }) else {
      throw CallError(
        FALCONET_UNSUPPORTED,
        "\(name) has a part after byte \(MemoryLayout<Structure>.size) that this VM does not know")
    }
    return try Argument.pointer(structure, name).pointee
  }

  /// Where a result goes. All after its size is set to zero.
  static func result<Structure>(
    _ structure: UnsafeMutablePointer<Structure>?, _ name: String
  ) throws(CallError) -> UnsafeMutablePointer<Structure> {
    let bytes = try check(structure, name)
    UnsafeMutableRawBufferPointer(mutating: bytes).dropFirst(8).withUnsafe {
      $0.initializeMemory(as: UInt8.self, repeating: 0)
    }
    return try Argument.pointer(structure, name)
  }
}

extension Slice<UnsafeMutableRawBufferPointer> {
  fileprivate func withUnsafe(_ body: (UnsafeMutableRawBufferPointer) -> Void) {
    body(UnsafeMutableRawBufferPointer(rebasing: self))
  }
}

/// The arguments that several functions take.
///
/// Safety: as ``Argument``.
extension Argument {
  static func bytes(_ bytes: fpvm_bytes, _ name: String) throws(CallError) -> [UInt8] {
    guard let count = Int(exactly: bytes.count) else {
      throw .invalid("\(name): the count is too large")
    }
    return Array(try Argument.bytes(bytes.bytes, count, name))
  }

  static func text(_ text: fpvm_text, _ name: String) throws(CallError) -> String {
    guard let count = Int(exactly: text.count),
      let decoded = String(validating: try Argument.bytes(text.text, count, name), as: UTF8.self)
    else { throw .invalid("\(name) is not UTF-8") }
    return decoded
  }

  /// Room for a claim.
  static func claim(
    _ claim: UnsafeMutablePointer<UInt8>?, _ room: UInt64
  ) throws(CallError) -> UnsafeMutablePointer<UInt8> {
    let claim = try pointer(claim, "claim")
    guard room >= 32 else { throw .invalid("claim has room for \(room) bytes, not for 32") }
    return claim
  }
}

/// The results that several functions have.
///
/// Safety: copies are allocated with as many bytes as are written, and freed by `free_bytes`.
extension Output {
  static func bytes(
    _ result: UnsafeMutablePointer<fpvm_bytes>?, _ name: String,
    _ body: () throws(CallError) -> [UInt8]
  ) throws(CallError) {
    let result = try Argument.pointer(result, name)
    let copy = try buffer(of: try body())
    result.pointee = fpvm_bytes(bytes: copy.bytes, count: UInt64(copy.count))
  }
}
