import Keccak

/// Reads the records of a trace's log after its header.
///
/// A claim depends on the inputs that were logged before it. Each input is logged twice in a row, and
/// each mark four times, so that up to three corrupt records in a row hide none: half of an input shows
/// at least. After more fault, and after half of an input that is not found whole, nothing is believed.
struct ClaimLogReading {
  private(set) var content: ClaimLogContent
  /// Corrupt records.
  private(set) var wrong = 0
  /// Records that are dropped since it is not known what they depend on.
  private(set) var dropped = 0
  private var conflicting: Set<UInt64> = []
  private var wrongInRow = 0
  /// The key whose value comes next.
  private var key: ClaimRecord?
  /// The numbers of the inputs that were found whole.
  private var found: Set<UInt64> = []
  /// The number of an input of which half was found so far.
  private var half: UInt64?
  private var isCut = false
  /// The index of the claim that comes next, if it was adopted.
  private var adoptedNext: UInt64?
  private let isForeign: Bool
  /// The record before a claim of another VM.
  private var start: ClaimRecord?
  /// The number of an input that is known from an adopted file alone.
  private var adoptedInput: UInt64?

  private static let hidden = 4

  init(reserving count: Int, of name: TraceName) {
    isForeign = name.isForeign
    content = ClaimLogContent(claimsTellExit: !name.isForeign)
    content.reserve(count)
  }

  /// Takes the next record; nil for a corrupt one.
  mutating func take(_ record: ClaimRecord?) {
    guard !isCut else {
      dropped += 1
      return
    }
    guard let record, record.isClaim || record.tag != nil else { return takeWrong() }
    // A corrupt record may have said that the claim was adopted.
    let isAdopted = wrongInRow > 0 || adoptedNext == record.index
    wrongInRow = 0
    adoptedNext = nil
    switch record.tag {
    case .key:
      mark(half: key?.index)
      key = record
    case .value: takeValue(record)
    case .source, .adoption, .adopted, .adoptedInput, .firstByte, .discard, nil:
      mark(half: key?.index)
      key = nil
      guard half == nil else { return cut() }
      takeOther(record, isAdopted)
    }
  }

  private mutating func takeOther(_ record: ClaimRecord, _ isAdopted: Bool) {
    defer { start = record.tag == .firstByte ? record : nil }
    switch record.tag {
    case .source: content.source = record.claim == ClaimRecord(.source).claim ? nil : record.claim
    case .adoption: content.hasUnknownInputs = record.index != 0
    case .adopted: adoptedNext = record.index
    // If this record is lost, the input counts as the caller's own, which refuses more.
    case .adoptedInput: adoptedInput = record.index
    case .discard: content.discardAdopted()
    case .firstByte: if !isForeign { wrong += 1 }
    case .key, .value: break
    case nil: takeClaim(record, isAdopted)
    }
  }

  private mutating func takeWrong() {
    start = nil
    wrong += 1
    wrongInRow += 1
    mark(half: key?.index)
    key = nil
    if wrongInRow >= Self.hidden { isCut = true }
  }

  private mutating func mark(half number: UInt64?) {
    if let number, !found.contains(number) { half = number }
  }

  private mutating func cut() {
    isCut = true
    dropped += 1
  }

  private mutating func takeValue(_ record: ClaimRecord) {
    guard let key, key.index == record.index else {
      mark(half: key?.index)
      self.key = nil
      return mark(half: record.index)
    }
    self.key = nil
    var name = key.claim
    name[0] = TraceInputs.keyType
    // A trace reads one value of a key.
    if let known = content.inputs[name], known != record.claim { return cut() }
    content.add(
      input: name, record.claim, record.index, isAdopted: adoptedInput == record.index)
    found.insert(record.index)
    if half == record.index { half = nil }
  }

  private mutating func takeClaim(_ record: ClaimRecord, _ isAdopted: Bool) {
    guard let claim = isForeign ? start?.foreignClaim(record) : record.claim else {
      wrong += 1
      return
    }
    if let known = content.claims[record.index], known != claim {
      conflicting.insert(record.index)
    }
    content.add(record.index, claim, isAdopted: isAdopted)
  }

  /// Whether the last record is half of an input, which a crash cut: the next one goes over it.
  var endsInHalf: Bool { !isCut && key != nil }

  /// What is wrong, once all records were taken. What was found wrong is no longer in the content.
  mutating func finish() -> [String] {
    var faults: [String] = []
    content.drop(conflicting)
    if !conflicting.isEmpty {
      faults.append("\(conflicting.count) indices have more than one claim")
    }
    let end = content.inconsistentEnd
    content.drop(end)
    if !end.isEmpty { faults.append("\(end.count) claims contradict the end of the trace") }
    if wrong > 0 {
      faults.append("\(wrong) records do not match their checksums")
      content.source = nil
    }
    if dropped > 0 {
      faults.append("it is not known which inputs \(dropped) records depend on")
    }
    return faults
  }
}
