import FalconetMachine
import FalconetOracle
import Keccak

/// A part of a pre-image that is to be loaded into the oracle contract.
struct PreimagePart {
  let key: Bytes32
  /// The whole pre-image, without its length.
  let data: [UInt8]
  /// Where the part starts, counted from the length prefix.
  let offset: UInt64
  let context: StepCalls.Context

  private var partOffset: ContractCall.Argument {
    .init("partOffset", "uint256", .number(offset))
  }

  /// The key that the oracle contract uses: that of a local input is made particular to the game
  /// and to the dispute; nil if the game is not known.
  var localizedKey: Bytes32? {
    guard key[0] == PreimageKeyType.local.rawValue else { return key }
    return context.caller.map {
      Self.localize(key, caller: $0, localContext: context.localContext)
    }
  }

  /// Keccak-256 of the key, the caller in 32 bytes and the context, byte 0 set to 1.
  static func localize(
    _ key: Bytes32, caller: EthereumAddress, localContext: Bytes32
  ) -> Bytes32 {
    var hasher = Keccak256()
    hasher.update(key)
    hasher.update([UInt8](repeating: 0, count: 12) + caller.bytes)
    hasher.update(localContext)
    var localized = hasher.finalize()
    localized[0] = PreimageKeyType.local.rawValue
    return localized
  }

  /// The call that loads the part.
  func call() throws(CalldataError) -> ContractCall {
    let length = UInt64(data.count) + 8
    guard offset < length else { throw .offset(offset, length: length) }
    switch PreimageKeyType(rawValue: key[0]) {
    case .local: return try localCall()
    case .keccak256:
      return ContractCall(
        "loadKeccak256PreimagePart", [partOffset, .init("preimage", "bytes", .bytes(data))])
    case .sha256:
      return ContractCall(
        "loadSha256PreimagePart", [partOffset, .init("preimage", "bytes", .bytes(data))])
    case .blob: return try blobCall()
    case .precompile: return try precompileCall()
    case .global, nil: throw .unknownType(key)
    }
  }

  private func localCall() throws(CalldataError) -> ContractCall {
    guard data.count <= 32 else { throw .localTooLong(key, count: data.count) }
    var index = key
    index[0] = 0
    // Left-aligned.
    var word = Bytes32()
    for (position, byte) in data.enumerated() { word[position] = byte }
    return ContractCall(
      "loadLocalData",
      [
        .init("ident", "uint256", .word(index)),
        .init("localContext", "bytes32", .word(context.localContext)),
        .init("word", "bytes32", .word(word)),
        .init("size", "uint256", .number(UInt64(data.count))), partOffset,
      ])
  }

  private func blobCall() throws(CalldataError) -> ContractCall {
    guard let element = Bytes32(data) else { throw .blobSize(key, count: data.count) }
    // The commitment in 48 bytes, and the point that the blob is evaluated at.
    let source = try hashedData(atLeast: 80)
    guard source.count == 80, let point = Bytes32(source[48...]) else {
      throw .storedSize(key, expected: 80, given: source.count)
    }
    guard let proof = context.kzgProof else { throw .noKZGProof(key) }
    guard proof.count == 48 else { throw .kzgProofSize(proof.count) }
    return ContractCall(
      "loadBlobPreimagePart",
      [
        .init("z", "uint256", .word(point)), .init("y", "uint256", .word(element)),
        .init("commitment", "bytes", .bytes(Array(source[..<48]))),
        .init("proof", "bytes", .bytes(proof)), partOffset,
      ])
  }

  private func precompileCall() throws(CalldataError) -> ContractCall {
    // The address in 20 bytes, the gas that is required in 8, and the input.
    let source = try hashedData(atLeast: 28)
    guard let address = EthereumAddress(Array(source[..<20])) else {
      throw .storedSize(key, expected: 28, given: source.count)
    }
    let gas = source[20..<28].bigEndian
    return ContractCall(
      "loadPrecompilePreimagePart",
      [
        partOffset, .init("precompile", "address", .address(address)),
        .init("requiredGas", "uint64", .number(gas)),
        .init("input", "bytes", .bytes(Array(source[28...]))),
      ])
  }

  /// What the key is the hash of: a host stores it under the same hash with type 2.
  private func hashedData(atLeast size: Int) throws(CalldataError) -> [UInt8] {
    guard let store = context.store else { throw .noStore(key) }
    var entry = key
    entry[0] = PreimageKeyType.keccak256.rawValue
    var oracle = CheckedOracle(store)
    let source: [UInt8]
    do { source = try oracle.preimage(for: entry) } catch { throw .store(error) }
    guard source.count >= size else {
      throw .storedSize(key, expected: size, given: source.count)
    }
    return source
  }
}
