import FalconetELF
import FalconetMachine
import FalconetSnapshots
import FalconetStreams

/// The difference of two snapshots as text and as JSON.
struct DifferenceView {
  private let difference: SnapshotDifference
  private let symbols: SymbolTable?

  init(_ difference: SnapshotDifference, symbols: SymbolTable?) {
    self.difference = difference
    self.symbols = symbols
  }

  // MARK: Text

  var lines: [String] {
    guard !difference.isEmpty else { return ["the two are the same"] }
    var lines = difference.fields.map { describe($0) }
    for thread in difference.threads { lines += describe(thread) }
    let count = difference.pageCount
    if count > 0 {
      lines.append(
        "memory: \(count.forReader) pages differ, in \(difference.wordCount.forReader) words")
      for page in difference.pages { lines += describe(page) }
      let hidden = count - UInt64(difference.pages.count)
      if hidden > 0 { lines.append("  and \(hidden.forReader) more pages (--pages shows more)") }
    }
    return lines
  }

  private func describe(_ change: SnapshotDifference.FieldChange) -> String {
    "\(change.name): \(Self.text(change.left)) -> \(Self.text(change.right))"
      + (change.name == "pc" || change.name == "nextPC" || change.name == "ra"
        ? functions(change) : "")
  }

  private func describe(_ thread: SnapshotDifference.ThreadChange) -> [String] {
    switch thread.kind {
    case .changed:
      // The thread's position helps, whether it differs or not.
      let place = thread.leftPC == thread.rightPC ? place(of: thread.leftPC) : ""
      return ["thread \(thread.id):\(place)"] + thread.fields.map { "  " + describe($0) }
    case .onlyLeft: return ["thread \(thread.id): only in the first,\(place(of: thread.leftPC))"]
    case .onlyRight:
      return ["thread \(thread.id): only in the second,\(place(of: thread.rightPC))"]
    }
  }

  private func place(of pc: UInt64?) -> String {
    guard let pc else { return "" }
    return " pc \(hex(pc))" + (symbols.map { " \($0.sourceName(at: pc))" } ?? "")
  }

  private func functions(_ change: SnapshotDifference.FieldChange) -> String {
    guard let symbols, case .address(let left)? = change.left,
      case .address(let right)? = change.right
    else { return "" }
    return " (\(symbols.sourceName(at: left)) -> \(symbols.sourceName(at: right)))"
  }

  /// The most words of a page that are shown as text; JSON has all.
  private static let wordLimit = 16

  private func describe(_ page: SnapshotDifference.PageChange) -> [String] {
    let note =
      switch page.kind {
      case .changed: ""
      case .onlyLeft: ", only in the first"
      case .onlyRight: ", only in the second"
      }
    var lines = ["  page \(hex(page.index << 12)): \(page.words.count) words\(note)"]
    for word in page.words.prefix(Self.wordLimit) {
      let values = "\(hex(word.left)) -> \(hex(word.right))"
      lines.append("    \(hex(word.address)): \(values)")
    }
    if page.words.count > Self.wordLimit {
      lines.append("    and \(page.words.count - Self.wordLimit) more")
    }
    return lines
  }

  private static func text(_ value: SnapshotDifference.FieldValue?) -> String {
    switch value {
    case nil: "none"
    case .number(let value): value.forReader
    case .address(let value): hex(value)
    case .bytes(let bytes): Hex.encode(bytes, prefix: true)
    }
  }

  // MARK: JSON

  func write(to sink: any ByteSink) throws(StreamError) {
    let json = JSONWriter(to: sink)
    try json.beginObject()
    try json.member("same", difference.isEmpty)
    try write(difference.fields, to: json)
    try json.member("threads", objects: difference.threads) { (thread) throws(StreamError) in
      try json.member("threadId", thread.id)
      try json.member("kind", thread.kind.rawValue)
      try write(thread.leftPC, "left", to: json)
      try write(thread.rightPC, "right", to: json)
      try write(thread.fields, to: json)
    }
    try json.member("pagesDiffering", difference.pageCount)
    try json.member("wordsDiffering", difference.wordCount)
    try json.member("pages", array: difference.pages) { (page) throws(StreamError) in
      try write(page, to: json)
    }
    try json.endObject()
    try json.finish()
  }

  private func write(
    _ pc: UInt64?, _ side: String, to json: JSONWriter
  ) throws(StreamError) {
    guard let pc else { return }
    try json.member(side + "PC", address: pc)
    if let symbols { try json.member(side + "Function", symbols.sourceName(at: pc)) }
  }

  private func write(
    _ fields: [SnapshotDifference.FieldChange], to json: JSONWriter
  ) throws(StreamError) {
    try json.member("fields", objects: fields) { (field) throws(StreamError) in
      try json.member("name", field.name)
      for (key, value) in [("left", field.left), ("right", field.right)] {
        switch value {
        case nil: break
        case .number(let value): try json.member(key, value)
        case .address(let value): try json.member(key, address: value)
        case .bytes(let bytes): try json.member(key, hex: bytes)
        }
      }
    }
  }

  private func write(
    _ page: SnapshotDifference.PageChange, to json: JSONWriter
  ) throws(StreamError) {
    try json.beginObject()
    try json.member("address", address: page.index << 12)
    try json.member("kind", page.kind.rawValue)
    try json.member("words", objects: page.words) { (word) throws(StreamError) in
      try json.member("address", address: word.address)
      try json.member("left", address: word.left)
      try json.member("right", address: word.right)
    }
    try json.endObject()
  }
}
