import FalconetMachine
import FalconetStreams

/// Reads the memory of a JSON state, a page at a time.
struct JSONPageReader {
  private enum Key: Hashable { case index, data }
  private static let keys: [String: Key] = ["index": .index, "data": .data]

  /// Characters of a page as text. Deflate data of a page takes less than 5.5 KiB in base64; line
  /// breaks may come on top.
  private static let textLimit = 64 << 10
  /// Characters of a page as plain hexadecimal, the form of before September 2023.
  private static let hexCount = 2 * Memory.pageSize

  let json: JSONReader
  let name: String
  private let inflater = ZlibInflate()
  private let buffer = PageBuffer()

  init(_ json: JSONReader, of name: String) {
    self.json = json
    self.name = name
  }

  /// Reads the array of pages and passes each on.
  func readPages(for consumer: some SnapshotConsumer) throws(StreamError) {
    var ledger = PageLedger(.bits32)
    try json.beginArray()
    while try json.nextElement() {
      let offset = json.position
      let index = try readPage()
      try ledger.add(index, of: name, at: offset)
      try consumer.page(index, UnsafeRawBufferPointer(buffer.bytes))
    }
  }

  /// Reads a page into the buffer.
  /// - Returns: its index.
  private func readPage() throws(StreamError) -> UInt64 {
    var index: UInt64 = 0
    var hasData = false
    try json.readMembers(Self.keys, of: name) { (key) throws(StreamError) in
      switch key {
      case .index: index = try json.readInteger(bytes: 4)
      case .data:
        try readData()
        hasData = true
      }
    }
    guard hasData else {
      throw StreamError(
        .corrupt, path: name, offset: json.position, message: "page \(index) has no data")
    }
    return index
  }

  private func readData() throws(StreamError) {
    let offset = json.position
    let text = try json.readStringBytes(maxBytes: Self.textLimit)
    // A page as base64 is never so long that it could be taken for hexadecimal.
    if text.count == Self.hexCount, let page = Hex.decode(utf8: text),
      page.count == Memory.pageSize
    {
      buffer.bytes.copyBytes(from: page)
      return
    }
    guard let compressed = Base64.decode(text) else {
      throw StreamError(
        .corrupt, path: name, offset: offset,
        message: "the data of a page is neither base64 nor \(Self.hexCount) hexadecimal digits")
    }
    do {
      try compressed.withUnsafeBufferPointer { (compressed) throws(StreamError) in
        try inflater.inflate(UnsafeRawBufferPointer(compressed), into: buffer.bytes)
      }
    } catch {
      throw StreamError(
        error.kind, path: name, offset: offset,
        message: "the data of a page cannot be inflated: \(error.message)", remedy: error.remedy)
    }
  }
}
