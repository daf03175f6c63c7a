import FalconetMachine
import FalconetStreams

/// Which pages a snapshot has had so far: refuses those that come twice or lie outside the address
/// space. 8 bytes a page while they come in ascending order, about 40 otherwise.
struct PageLedger {
  private let limit: UInt64
  private var ascending: [UInt64] = []
  private var unordered: Set<UInt64> = []

  init(_ wordSize: WordSize) { limit = 1 << UInt64(wordSize.pageIndexBits) }

  /// Notes a page that begins at a byte offset of the file.
  mutating func add(_ index: UInt64, of name: String, at offset: UInt64) throws(StreamError) {
    guard index < limit else {
      throw StreamError(
        .corrupt, path: name, offset: offset,
        message: "page index \(index) is outside the address space of \(limit) pages")
    }
    if unordered.isEmpty, ascending.last.map({ $0 < index }) ?? true {
      ascending.append(index)
      return
    }
    if unordered.isEmpty {
      unordered = Set(ascending)
      ascending = []
    }
    guard unordered.insert(index).inserted else {
      throw StreamError(
        .corrupt, path: name, offset: offset, message: "page \(index) appears twice")
    }
  }
}
