import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetStreams
import FalconetTestSupport
import Keccak
import Testing

@Suite("Calls of contracts")
struct CalldataTests {
  private let caller = EthereumAddress(hex: "0x00112233445566778899aabbccddeeff00112233")
  private let localContext = Bytes32((0..<32).map { UInt8($0) }) ?? Bytes32()

  /// A proof of nothing, whose step reads a pre-image.
  private func proof(_ key: Bytes32, _ data: [UInt8], offset: UInt64 = 8) -> StepProof {
    var proof = StepProof(post: Bytes32(), stateData: [1, 2, 3], proofData: [])
    proof.oracleKey = key
    proof.oracleValue = withUnsafeBytes(of: UInt64(data.count).bigEndian) { Array($0) } + data
    proof.oracleOffset = offset
    return proof
  }

  /// The hash of what a host stores for a blob or a precompile, as a key of a type.
  private func key(of source: [UInt8], _ type: PreimageKeyType) -> Bytes32 {
    var key = Keccak256.hash(source)
    key[0] = type.rawValue
    return key
  }

  private func store(_ source: [UInt8]) -> DictionaryOracle {
    var store = DictionaryOracle()
    store.insert(keccak256: source)
    return store
  }

  /// A call of each function.
  private func allCalls() throws -> [ContractCall] {
    let blob = [UInt8](repeating: 7, count: 48) + [UInt8](repeating: 9, count: 32)
    let precompile = [UInt8](repeating: 0, count: 19) + [8, 0, 0, 0, 0, 0, 1, 2, 3] + [5, 6, 7]
    let context = StepCalls.Context(localContext: localContext, caller: caller)
    let proofs: [(StepProof, StepCalls.Context)] = [
      (proof(PreimageKey.local(2), [1, 2, 3]), context),
      (proof(PreimageKey.keccak256(of: Array("hello".utf8)), Array("hello".utf8)), context),
      (proof(PreimageKey.sha256(of: []), [], offset: 0), context),
      (
        proof(key(of: blob, .blob), [UInt8](repeating: 3, count: 32), offset: 16),
        StepCalls.Context(kzgProof: [UInt8](repeating: 4, count: 48), store: store(blob))
      ),
      (
        proof(key(of: precompile, .precompile), [1, 2], offset: 9),
        StepCalls.Context(store: store(precompile))
      ),
    ]
    return try proofs.flatMap { proof, context in
      let calls = try StepCalls(proof, context)
      return [calls.step] + [calls.load, calls.read].compactMap { $0 }
    }
  }

  @Test(
    "Selectors are those of the contracts",
    arguments: [
      ("step(bytes,bytes,bytes32)", "e14ced32"),
      ("loadLocalData(uint256,bytes32,bytes32,uint256,uint256)", "52f0f3ad"),
      ("loadKeccak256PreimagePart(uint256,bytes)", "e1592611"),
      ("loadSha256PreimagePart(uint256,bytes)", "8dc4be11"),
      ("loadBlobPreimagePart(uint256,uint256,bytes,bytes,uint256)", "9d7e8769"),
      ("loadPrecompilePreimagePart(uint256,address,uint64,bytes)", "ea713950"),
      ("readPreimage(bytes32,uint256)", "e03110e1"),
    ])
  func selectors(_ signature: String, _ selector: String) throws {
    let call = try #require(try allCalls().first { $0.signature == signature })
    #expect(Hex.encode(call.selector) == selector)
    #expect(call.data.starts(with: call.selector))
  }

  // The expected encodings and hashes of the next tests were made with eth-abi and eth-hash.

  @Test("The call of step: places, lengths, bytes filled up")
  func step() throws {
    let calls = try StepCalls(
      StepProof(post: Bytes32(), stateData: [1, 2, 3], proofData: []),
      StepCalls.Context(localContext: localContext))
    #expect(
      Hex.encode(calls.step.data) == "e14ced32" + word("60") + word("a0")
        + "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" + word("03")
        + "0102030000000000000000000000000000000000000000000000000000000000" + word("00"))
    #expect(calls.load == nil && calls.read == nil && calls.key == nil)
  }

  @Test("The call that loads a pre-image hashed with Keccak-256")
  func keccak() throws {
    let data = Array("hello".utf8)
    let calls = try StepCalls(proof(PreimageKey.keccak256(of: data), data))
    #expect(
      try Hex.encode(#require(calls.load).data) == "e1592611" + word("08") + word("40")
        + word("05") + "68656c6c6f000000000000000000000000000000000000000000000000000000")
    #expect(calls.key == PreimageKey.keccak256(of: data))
  }

  private func word(_ digits: String) -> String {
    String((String(repeating: "0", count: 64) + digits).suffix(64))
  }

  @Test("A local input's key belongs to the game and the dispute, its data stands left")
  func local() throws {
    let proof = proof(PreimageKey.local(2), [0xAB, 0xCD])
    let calls = try StepCalls(
      proof, StepCalls.Context(localContext: localContext, caller: caller))
    #expect(
      calls.key
        == Bytes32(hex: "0x01d5fc578eb1faca41dfe9547b01ebf2142848f8677cfce6f4507be5630db9cb"))
    let values = try #require(calls.load).arguments.map(\.value.decoded)
    #expect(values[0] == word("02"))
    #expect(values[2] == "abcd" + String(repeating: "0", count: 60))
    #expect(values[3...] == [word("2"), word("8")])
    // Without the game's address the key is not known.
    let unknown = try StepCalls(proof, StepCalls.Context(localContext: localContext))
    #expect(unknown.key == nil && unknown.read == nil)
    #expect(unknown.load == calls.load)
  }

  @Test(
    "The contracts find the data of a state and of its proof where they look for it",
    arguments: StateVersion.allCases)
  func places(_ version: StateVersion) throws {
    let machine = try MachineImage(version, code: [Assembly.nop]).machine()
    let proof = StepProof(try #require(try machine.prove()))
    let data = try StepCalls(proof).step.data
    let place = version.isSingleThreaded ? 420 : [.v3, .v4].contains(version) ? 388 : 356
    #expect(data[132...].starts(with: proof.stateData))
    #expect(data[place...].starts(with: proof.proofData))
    #expect(data.count % 32 == 4)
  }

  @Test("A blob's element is loaded with commitment and point from the store")
  func blob() throws {
    let source = (0..<80).map { UInt8($0) }
    let element = [UInt8](repeating: 0xEE, count: 32)
    let proof = proof(key(of: source, .blob), element, offset: 8)
    let kzg = [UInt8](repeating: 0x4B, count: 48)
    let calls = try StepCalls(proof, StepCalls.Context(kzgProof: kzg, store: store(source)))
    let values = try #require(calls.load).arguments.map(\.value)
    #expect(values[0] == .word(try #require(Bytes32(source[48...]))))
    #expect(values[1] == .word(try #require(Bytes32(element))))
    #expect(values[2...] == [.bytes(Array(source[..<48])), .bytes(kzg), .number(8)])
  }

  @Test("What is missing is named, and wrong data in the store is found")
  func errors() throws {
    let source = [UInt8](repeating: 1, count: 80)
    let blob = proof(key(of: source, .blob), [UInt8](repeating: 0, count: 32))
    func error(_ proof: StepProof, _ context: StepCalls.Context = .init()) -> String {
      do throws(CalldataError) {
        _ = try StepCalls(proof, context)
        return ""
      } catch { return error.description }
    }
    #expect(error(blob).contains("name the host's store"))
    #expect(error(blob, .init(store: store(source))).contains("supply that proof"))
    #expect(error(blob, .init(kzgProof: [1], store: store(source))).contains("1 bytes"))
    #expect(error(blob, .init(store: DictionaryOracle())).contains("lacks the key"))
    var entry = key(of: source, .blob)
    entry[0] = 2
    let wrong = DictionaryOracle([entry: [UInt8](repeating: 2, count: 80)])
    #expect(error(blob, .init(store: wrong)).contains("wrong pre-image"))
    let short = [UInt8](repeating: 1, count: 27)
    let precompile = proof(key(of: short, .precompile), [1])
    #expect(error(precompile, .init(store: store(short))).contains("27 bytes instead of 28"))
    let long = [UInt8](repeating: 1, count: 81)
    let longBlob = proof(key(of: long, .blob), [UInt8](repeating: 0, count: 32))
    #expect(error(longBlob, .init(store: store(long))).contains("81 bytes instead of 80"))
    #expect(error(proof(key(of: source, .blob), [0])).contains("instead of 32"))
    #expect(error(proof(PreimageKey.local(1), [UInt8](repeating: 0, count: 33))).contains("33"))
    #expect(error(proof(Bytes32(), [1])).contains("type is 0"))
    #expect(error(proof(PreimageKey.local(1), [1], offset: 9)).contains("not below"))
    var cut = proof(PreimageKey.local(1), [])
    cut.oracleValue = [0]
    #expect(error(cut).contains("length prefix"))
  }

  @Test("The call for a precompile: an address is filled up in front")
  func precompile() throws {
    let call = try #require(try allCalls().first { $0.name == "loadPrecompilePreimagePart" })
    func word(_ end: String) -> String { String(repeating: "0", count: 64 - end.count) + end }
    let input = "050607" + String(repeating: "0", count: 58)
    #expect(
      Hex.encode(call.data)
        == "ea713950" + word("9") + word("8") + word("10203") + word("80") + word("3") + input)
  }

  @Test(
    "An independent decoder gives the arguments back",
    .enabled(
      if: Decoder.isInstalled,
      "no Python with eth-abi and eth-hash: Scripts/install-test-tools makes one"))
  func decoded() throws {
    var calls = try allCalls()
    for version in StateVersion.allCases {
      for vector in try Fixtures.proofs(version, "oracle").suffix(20) {
        let context = StepCalls.Context(localContext: localContext, caller: caller)
        let made = try StepCalls(StepProof(vector), context)
        calls += [made.step] + [made.load, made.read].compactMap { $0 }
      }
    }
    let decoded = try Decoder.decode(calls)
    try #require(decoded.count == calls.count)
    for (call, values) in zip(calls, decoded) {
      #expect(call.arguments.map(\.value.decoded) == values, "\(call.signature)")
    }
  }
}
