import FalconetConform
import FalconetStreams
import SystemPackage

/// What a process that checks an area tells the one that started it.
enum ConformMessage: Equatable {
  case loaded(name: String, version: String)
  /// The library cannot be loaded.
  case refused(String)
  case event(ConformEvent)
  /// All is checked.
  case done
}

/// The sending end. A message is the count of its bytes and the bytes.
struct ConformWire {
  private let descriptor: FileDescriptor

  init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

  /// Nothing is to be done if nobody listens any longer.
  func send(_ message: ConformMessage) {
    let bytes = message.encoded
    let count = withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) }
    _ = try? descriptor.writeAll(count + bytes)
  }
}

/// The receiving end.
struct ConformMessages {
  private var bytes: [UInt8] = []

  mutating func append(_ more: [UInt8]) { bytes += more }

  /// The next message; nil if it is not whole yet, or is none.
  mutating func next() -> ConformMessage? {
    guard bytes.count >= 4 else { return nil }
    let count = bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
    guard bytes.count >= 4 + count else { return nil }
    let message = ConformMessage(encoded: bytes[4..<4 + count])
    bytes.removeFirst(4 + count)
    return message
  }
}

extension ConformMessage {
  private enum Kind: UInt8 {
    case loaded, refused, began, held, untested, ended, failed, skipped, done, tries, known
  }

  /// The kind, and texts with their counts.
  fileprivate var encoded: [UInt8] {
    switch self {
    case .loaded(let name, let version): Self.encode(.loaded, [name, version])
    case .refused(let message): Self.encode(.refused, [message])
    case .done: Self.encode(.done, [])
    case .event(.began(let area, let check, let program)):
      Self.encode(.began, [area.rawValue, check, program])
    case .event(.held): Self.encode(.held, [])
    case .event(.untested): Self.encode(.untested, [])
    case .event(.known): Self.encode(.known, [])
    case .event(.ended(let program, let step, let claim)):
      Self.encode(.ended, [program, "\(step)"], claim)
    case .event(.tries(let bytes)): Self.encode(.tries, [], bytes)
    case .event(.skipped(let area, let reason)): Self.encode(.skipped, [area.rawValue, reason])
    case .event(.failed(let failure)):
      Self.encode(
        .failed,
        [
          failure.area.rawValue, failure.check, failure.message, failure.program,
          failure.step.map { "\($0)" } ?? "", failure.input == nil ? "" : "input",
        ], failure.input ?? [])
    }
  }

  private static func encode(_ kind: Kind, _ texts: [String], _ bytes: [UInt8] = []) -> [UInt8] {
    var result = [kind.rawValue]
    for text in texts {
      let utf8 = Array(text.utf8)
      result += withUnsafeBytes(of: UInt32(utf8.count).bigEndian) { Array($0) } + utf8
    }
    return result + bytes
  }

  fileprivate init?(encoded: ArraySlice<UInt8>) {
    var rest = encoded
    func text() -> String? {
      guard rest.count >= 4 else { return nil }
      let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(4)
      guard rest.count >= count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return String(decoding: rest.prefix(count), as: UTF8.self)
    }
    guard let kind = rest.popFirst().flatMap(Kind.init) else { return nil }
    switch kind {
    case .loaded:
      guard let name = text(), let version = text() else { return nil }
      self = .loaded(name: name, version: version)
    case .refused:
      guard let message = text() else { return nil }
      self = .refused(message)
    case .done: self = .done
    case .held: self = .event(.held)
    case .untested: self = .event(.untested)
    case .known: self = .event(.known)
    case .ended:
      guard let program = text(), let step = text().flatMap({ UInt64($0) }) else { return nil }
      self = .event(.ended(program: program, step: step, claim: Array(rest)))
    case .tries: self = .event(.tries(Array(rest)))
    case .began:
      guard let area = text().flatMap(ConformArea.init), let check = text(), let program = text()
      else { return nil }
      self = .event(.began(area, check: check, program: program))
    case .skipped:
      guard let area = text().flatMap(ConformArea.init), let reason = text() else { return nil }
      self = .event(.skipped(area, reason: reason))
    case .failed:
      guard let area = text().flatMap(ConformArea.init), let check = text(), let message = text(),
        let program = text(), let step = text(), let input = text()
      else { return nil }
      self = .event(
        .failed(
          ConformFailure(
            area: area, check: check, message: message, program: program, step: UInt64(step),
            input: input.isEmpty ? nil : Array(rest))))
    }
  }
}
