// The functions have their names from C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CFalconet
import FalconetLibc
import Keccak

/// The results of a call.
///
/// Safety: where results go is not NULL, and has the room that `falconet.h` asks for, which is the
/// caller's promise. Copies are allocated with as many bytes as are written.
enum Output {
  /// Makes a handle for what `body` returns; NULL if it throws.
  static func handle(
    _ result: UnsafeMutablePointer<OpaquePointer?>?, _ name: String,
    _ body: () throws(CallError) -> Handle
  ) -> falconet_status {
    call { () throws(CallError) in
      let result = try Argument.pointer(result, name)
      result.pointee = nil
      result.pointee = Handles.add(try body())
    }
  }

  /// Fills a buffer with what `body` returns; empty if it throws.
  static func buffer(
    _ result: UnsafeMutablePointer<falconet_buffer>?, _ name: String,
    _ body: () throws(CallError) -> [UInt8]
  ) -> falconet_status {
    call { () throws(CallError) in
      let result = try Argument.pointer(result, name)
      result.pointee = falconet_buffer()
      result.pointee = try buffer(of: try body())
    }
  }

  /// A copy of bytes, for the caller to free.
  static func buffer(of bytes: [UInt8]) throws(CallError) -> falconet_buffer {
    guard !bytes.isEmpty else { return falconet_buffer() }
    guard let copy = malloc(bytes.count) else {
      throw CallError(FALCONET_NO_MEMORY, "no memory for \(bytes.count) bytes")
    }
    // Sound: as many bytes as were allocated.
    UnsafeMutableRawBufferPointer(start: copy, count: bytes.count).copyBytes(from: bytes)
    return falconet_buffer(bytes: copy.assumingMemoryBound(to: UInt8.self), count: bytes.count)
  }

  /// Copies 32 bytes to where the caller has room for them.
  static func copy(_ bytes: Bytes32, to result: UnsafeMutableRawPointer) {
    bytes.withBytes { UnsafeMutableRawBufferPointer(start: result, count: 32).copyBytes(from: $0) }
  }
}

@c @implementation
public func falconet_buffer_free(_ buffer: UnsafeMutablePointer<falconet_buffer>?) {
  guard let buffer else { return }
  free(buffer.pointee.bytes)
  buffer.pointee = falconet_buffer()
}
