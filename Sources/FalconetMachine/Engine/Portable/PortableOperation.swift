/// One operation of the portable engine, 16 bytes, in a row with those that follow it.
///
/// An exit is followed by a *trailer* of as many bytes: the addresses of the blocks that it goes to, or a
/// guest address. A block begins with a *header* right before its first operation.
struct PortableOperation {
  /// The address of the handler; if blocks are executed by a switch, the operation's number. Of a
  /// header, the block's guest address.
  var target: UInt
  var destination: UInt8 = 0
  var first: UInt8 = 0
  var second: UInt8 = 0
  /// As in ``DecodedOperation/remaining``; of a header, the block's length in steps.
  var remaining: UInt8 = 0
  /// As in ``DecodedOperation/immediate``. If ``packsOperation(_:)``, it is in the lower half, and
  /// the operation's number in the upper.
  var immediate: Int32 = 0

  static let stride = MemoryLayout<PortableOperation>.stride
  /// Where the link of a ``PortableExit/detour`` is.
  static let detourLink = MemoryLayout<UInt>.stride

  /// Whether the handler may have to know which operation it executes. That is so for all that access memory, for those
  /// that may divide by zero, and for those that have no handler of their own. None of them has an immediate of more
  /// than 16 bits.
  static func packsOperation(_ operation: Operation) -> Bool {
    switch operation.kind {
    case .load, .store, .toHiLo: true
    case .register, .fromHiLo, .immediate, .loadLinked, .storeConditional, .none, .trap,
      .systemCall, .jump, .jumpRegister, .branch:
      HandlerTable.own[Int(operation.rawValue)] == nil
    }
  }

  /// The operation's number, if it is packed.
  var packedNumber: UInt8 { UInt8(truncatingIfNeeded: immediate >> 16) }

  /// The immediate, if the number is packed with it.
  @inline(__always)
  var packedImmediate: Int16 { Int16(truncatingIfNeeded: immediate) }
}

/// Numbers of the operations that end a block, behind those of ``Operation``.
enum PortableExit {
  static let jump: UInt8 = 200
  static let indirect: UInt8 = 201
  static let leave: UInt8 = 202
  /// What a block that is not decoded yet consists of.
  static let unprepared: UInt8 = 203
  /// What a forgotten block begins with: see ``BlockCache``. Its link is behind the handler's address, since links in the
  /// trailer may wait.
  static let detour: UInt8 = 204
  /// The first condition's; the others follow.
  static let conditions: UInt8 = 210
}
