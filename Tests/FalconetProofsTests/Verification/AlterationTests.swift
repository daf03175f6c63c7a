import FalconetMachine
import FalconetProofs
import FalconetTestSupport
import Keccak
import Testing

@Suite("Altered proofs")
struct AlterationTests {
  /// Alterations of each kind; every byte in turn takes minutes.
  private static let samples = isLongRun ? 40 : 1

  @Test(
    "No alteration of what a step depends on passes, and the reason is the right one",
    arguments: Fixtures.recordedProofs)
  func alter(_ run: RecordedRun) throws {
    var random = SeededGenerator(seed: UInt64(run.version.rawValue))
    for vector in try Fixtures.proofs(run.version, run.guest) {
      let proof = StepProof(vector)
      let verdict = ProofVerifier.verify(proof, version: run.version)
      let execution = try #require(verdict.findings.first?.execution)
      let test = Alteration(
        proof: proof, version: run.version, words: execution.accesses.count,
        fetches: execution.instruction != nil,
        place: "\(vector.kind) at step \(vector.step)")
      for _ in 0..<Self.samples {
        test.alterState(using: &random)
        test.alterRoots(using: &random)
        test.alterThread(using: &random)
        test.alterSlots(using: &random)
        test.alterPreimage(using: &random)
        test.alterClaims(using: &random)
        test.alterSizes(using: &random)
      }
    }
  }
}

/// The alterations of one proof.
private struct Alteration {
  let proof: StepProof
  let version: StateVersion
  /// Words of data that the step touches.
  let words: Int
  /// Whether an instruction was executed, rather than the scheduler's turn.
  let fetches: Bool
  let place: String

  private func expect(
    _ reasons: [String?], _ what: String, _ change: (inout StepProof) -> Void
  ) {
    var altered = proof
    change(&altered)
    let verdict = ProofVerifier.verify(altered, version: version)
    #expect(
      reasons.contains(verdict.reason), "\(place), \(what): \(verdict.reason ?? "holds")")
  }

  private func flip(_ bytes: inout [UInt8], _ range: Range<Int>, _ random: inout SeededGenerator) {
    bytes[range.lowerBound + random.below(range.count)] ^= UInt8(1 + random.below(255))
  }

  /// A byte of each field of the state.
  func alterState(using random: inout SeededGenerator) {
    for (field, range) in fields(of: version) {
      // A byte that is no truth value is no state at all.
      let isBoolean = field == .exited || field == .traverseRight
      expect([isBoolean ? "state" : "pre", "pre"], "\(field)") {
        flip(&$0.stateData, range, &random)
      }
    }
  }

  /// A byte of the state's roots, with `pre` made to match.
  func alterRoots(using random: inout SeededGenerator) {
    for (field, range) in fields(of: version) {
      let isRight = proof.stateData[traverseRight ?? 0] == 1 && traverseRight != nil
      switch field {
      case .memoryRoot:
        expect([fetches ? "instruction-proof" : "memory-proof-1"], "memory root and pre") {
          flip(&$0.stateData, range, &random)
          $0.settlePre()
        }
      case .leftStackRoot, .rightStackRoot:
        // The root of the stack that does not run is carried over.
        let isActive = (field == .rightStackRoot) == isRight
        expect([isActive ? "thread" : "post"], "\(field) and pre") {
          flip(&$0.stateData, range, &random)
          $0.settlePre()
        }
      case .heap, .nextThreadID:
        expect(["post"], "\(field) and pre") {
          flip(&$0.stateData, range, &random)
          $0.settlePre()
        }
      default: break
      }
    }
  }

  private var traverseRight: Int? {
    fields(of: version).first { $0.field == .traverseRight }?.range.lowerBound
  }

  func alterThread(using random: inout SeededGenerator) {
    guard !version.isSingleThreaded else { return }
    let end = proof.slot(0, version).lowerBound
    expect(["thread", "state"], "thread") { flip(&$0.proofData, 0..<end - 32, &random) }
    expect(["thread"], "root below the thread") { flip(&$0.proofData, end - 32..<end, &random) }
  }

  /// A byte of each memory proof: those that the step does not use count for nothing.
  func alterSlots(using random: inout SeededGenerator) {
    let reasons = ["instruction-proof", "memory-proof-1", "memory-proof-2"]
    for slot in 0..<(version.isSingleThreaded ? 2 : 3) {
      let range = proof.slot(slot, version)
      let isUsed = slot == 0 ? fetches : slot <= words
      expect([isUsed ? reasons[slot] : nil], "slot \(slot)") {
        flip(&$0.proofData, range, &random)
      }
      expect([isUsed ? reasons[slot] : nil], "leaf of slot \(slot)") {
        flip(&$0.proofData, range.prefix(32), &random)
      }
    }
  }

  func alterPreimage(using random: inout SeededGenerator) {
    guard let key = proof.oracleKey else { return }
    expect(["oracle-key"], "key") { $0.oracleKey?[random.below(32)] ^= 1 }
    expect(["oracle-key"], "no key") { $0.oracleKey = nil }
    expect(["oracle-offset"], "offset") { $0.oracleOffset ^= 1 << UInt64(random.below(64)) }
    expect(["oracle-value"], "length") { flip(&$0.oracleValue, 0..<8, &random) }
    expect(["oracle-value"], "no value") { $0.oracleValue = [] }
    expect(["oracle-value"], "longer value") { $0.oracleValue.append(0) }
    if proof.oracleValue.count > 8 {
      let isHashed = key[0] == 2 || key[0] == 4
      // Of any other type only the part that is read counts.
      expect(isHashed ? ["oracle-value"] : ["post", nil], "value") {
        flip(&$0.oracleValue, 8..<proof.oracleValue.count, &random)
      }
      let offset = Int(proof.oracleOffset)
      if offset >= 8 {
        expect(isHashed ? ["oracle-value"] : ["post"], "value when it is read") {
          $0.oracleValue[offset] ^= 1
        }
      }
    }
  }

  func alterClaims(using random: inout SeededGenerator) {
    expect(["pre"], "pre") { $0.pre?[random.below(32)] ^= UInt8(1 + random.below(255)) }
    expect(["post"], "post") { $0.post[random.below(32)] ^= UInt8(1 + random.below(255)) }
    expect(["step"], "step") { $0.step? ^= 1 << UInt64(random.below(64)) }
  }

  func alterSizes(using random: inout SeededGenerator) {
    expect(["size"], "state cut") { $0.stateData.removeLast(1 + random.below(50)) }
    expect(["size"], "state longer") { $0.stateData.append(0) }
    expect(["size"], "proof cut") { $0.proofData.removeLast(1 + random.below(900)) }
    expect(["size"], "proof longer") { $0.proofData.append(0) }
    expect(["size"], "nothing") {
      $0.stateData = []
      $0.proofData = []
    }
  }
}
