import FalconetMachine

/// Where the pages are in a state in Cannon's binary format: behind the version and their number, each with its
/// index in front.
struct StatePages {
  private let state: [UInt8]
  private let wordBytes: Int
  let count: Int

  init?(_ state: [UInt8]) {
    guard let version = state.first.flatMap(StateVersion.init) else { return nil }
    self.state = state
    wordBytes = version.wordSize.bytes
    let count = state.dropFirst().prefix(wordBytes).reduce(0) { $0 << 8 | UInt64($1) }
    guard count <= UInt64(state.count / Memory.pageSize) else { return nil }
    self.count = Int(count)
  }

  private func range(_ page: Int) -> Range<Int> {
    let size = wordBytes + Memory.pageSize
    let start = 1 + wordBytes + page * size
    return start..<start + size
  }

  /// The state with two pages in each other's places.
  func exchanged(_ first: Int, _ second: Int) -> [UInt8] {
    var result = repeating(first, at: second)
    result.replaceSubrange(range(first), with: state[range(second)])
    return result
  }

  /// The state with a page in another's place too.
  func repeating(_ page: Int, at place: Int) -> [UInt8] {
    var result = state
    result.replaceSubrange(range(place), with: state[range(page)])
    return result
  }
}
