import FalconetOracle
import FalconetStreams
import Keccak

/// Plans of pre-images. The first byte says whether the rest is the file, or what is compressed in it.
struct PlanTarget: HostileInputCheck {
  func run(_ input: [UInt8]) throws {
    guard let first = input.first else { return }
    let rest = Array(input.dropFirst())
    let file = first & 1 == 0 ? rest : try Zstd.compress(rest)
    let whole = try read(file, chunk: .max)
    let parts = try read(file, chunk: 3)
    // Of a frame that is corrupt, libzstd gives more if it comes in pieces.
    if first & 1 != 0 || whole.map({ $0.fault == nil }) ?? false
      || parts.map({ $0.fault == nil }) ?? false
    {
      guard whole?.plan == parts?.plan, (whole?.fault == nil) == (parts?.fault == nil) else {
        try found("a plan is another when it comes in pieces")
      }
    }
    guard let whole else { return }
    // What was read can be written, and is the same.
    let sink = MemorySink()
    let writer = try PlanWriter(to: sink)
    for item in whole.plan.items { try writer.add(item) }
    try writer.finish()
    guard let again = try read(sink.bytes, chunk: .max), again.fault == nil,
      again.plan == whole.plan
    else { try found("a plan is another once it is written") }
  }

  /// Nil for what is no plan.
  private func read(_ bytes: [UInt8], chunk: Int) throws -> PlanReader.Result? {
    do throws(StreamError) {
      return try PlanReader.read(from: MemorySource(bytes, chunk: chunk))
    } catch {
      if error.description.isEmpty { try found("an error without a text") }
      return nil
    }
  }

  func seeds() throws -> [FuzzSeed] {
    let digest = [UInt8](0..<32)
    let hints = ["l2-state-node 0x" + Hex.encode(digest), "a hint", ""]
    let entries =
      hints.map { PreimagePlan.Entry.hint(Array($0.utf8)) } + [
        .key(Bytes32(readingFrom: [2] + digest.dropFirst())), .key(Bytes32()),
      ]
    let sink = MemorySink()
    let writer = try PlanWriter(to: sink)
    for entry in entries + entries.reversed() {
      try writer.add(PreimagePlan.Item(entry, delay: 300))
    }
    try writer.finish()
    let reader = ByteReader(try ZstdSource(over: MemorySource(sink.bytes)))
    let plain = try reader.readAll(limit: 1 << 20)
    return [FuzzSeed("file", [0] + sink.bytes), FuzzSeed("entries", [1] + plain)]
  }
}
