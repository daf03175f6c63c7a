import FalconetInsight
import FalconetMachine
import FalconetReplay
import FalconetStreams

/// How `find` and `log` print a step.
final class ScanOutput {
  private let machine: Machine
  private let unwinder: Unwinder
  private var locations: [UInt64: CodeLocation] = [:]

  init(_ machine: Machine, _ guest: GuestProgram) {
    self.machine = machine
    unwinder = Unwinder(
      machine.memory, version: machine.version, symbols: guest.symbols, frames: guest.frames)
  }

  // MARK: Places

  /// The function and line of an instruction; nil if nothing is known.
  func location(of pc: UInt64) -> CodeLocation? {
    if let known = locations[pc] { return known.function.hasPrefix("!") ? nil : known }
    guard let location = unwinder.locations(of: pc).first else { return nil }
    if locations.count > 1 << 16 { locations.removeAll(keepingCapacity: true) }
    locations[pc] = location
    return location.function.hasPrefix("!") ? nil : location
  }

  /// A place as text: ` in FUNCTION (FILE:LINE)`, or nothing.
  func place(of pc: UInt64) -> String {
    guard let location = location(of: pc) else { return "" }
    guard let file = location.file, let line = location.line else {
      return " in \(location.function)"
    }
    return " in \(location.function) (\(file):\(line))"
  }

  /// The function of the program, not of the standard library, that a thread executes.
  ///
  /// The thread's stack must be as it was.
  func caller(of thread: ThreadState) -> String? {
    let frames = unwinder.unwind(thread, limit: 64).frames
    let names = frames.compactMap { location(of: $0.instruction)?.function }
    return names.first { !isLibrary($0) } ?? names.first
  }

  /// Whether a Go function is of the standard library: the first part of its package's path has no dot.
  private func isLibrary(_ name: String) -> Bool {
    guard unwinder.isGo else { return false }
    let package = name.split(separator: "/", maxSplits: 1)[0]
    return name.contains("/") ? !package.contains(".") : !name.hasPrefix("main.")
  }

  // MARK: Text

  func line(_ hit: ScanHit) -> String {
    let events = hit.events.map { text($0, hit) }.joined(separator: "; ")
    return "step \(hit.step), thread \(hit.thread.id), pc \(Self.hex(hit.pc))\(place(of: hit.pc)): "
      + events
  }

  static func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

  func text(_ event: ScanHit.Event, _ hit: ScanHit) -> String {
    switch event {
    case .instruction: return "executes"
    case .call(let stack): return "calls \(callText(hit, stack))"
    case .access(let access, let before, let after):
      let size = access.range.last - access.range.start + 1
      let what = "\(size) bytes at \(Self.hex(access.range.start))"
      guard access.isWrite else { return "reads \(what): \(Self.value(before, size))" }
      return "writes \(what): \(Self.value(before, size)) to \(Self.value(after, size))"
    case .systemCall(let call): return call.description
    case .preimage(let key, let size):
      return "reads pre-image \(key) (\(PreimageKeyType.describe(key))), \(size) bytes"
    case .hint(let bytes, let size):
      let isCut = size > bytes.count
      return "hint \(QuotedBytes.text(bytes))\(isCut ? "..." : ""), \(size) bytes"
    case .output(let stream, let bytes):
      return "writes \(QuotedBytes.text(bytes)) to \(Self.name(of: stream))"
    }
  }

  private static func name(of stream: GuestStream) -> String {
    switch stream {
    case .output: "standard output"
    case .error: "standard error"
    }
  }

  private func callText(_ hit: ScanHit, _ stack: [UInt64]) -> String {
    let name = location(of: hit.pc)?.function ?? Self.hex(hit.pc)
    let (values, isCut) = arguments(of: hit, stack)
    let texts = values.map(Self.hex) + (isCut ? ["..."] : [])
    return "\(name)(\(texts.joined(separator: ", ")))"
  }

  /// What the arguments of a call may be, and whether there may be more: of a Go function the words on
  /// the stack that its arguments and results take, of others the first four registers.
  private func arguments(of hit: ScanHit, _ stack: [UInt64]) -> (values: [UInt64], isCut: Bool) {
    guard unwinder.isGo else { return ((4..<8).map { hit.thread.registers[$0] }, true) }
    let words = stack.dropFirst()
    guard let size = unwinder.goArgumentSize(ofFunctionAt: hit.pc) else {
      return (Array(words.prefix(4)), true)
    }
    let word = UInt64(machine.version.wordSize.bytes)
    let count = (size + word - 1) / word
    return (Array(words.prefix(Int(min(count, 64)))), count > UInt64(words.count))
  }

  /// The bytes of an access, at most eight.
  static func value(_ word: UInt64, _ size: UInt64) -> String {
    size >= 8 ? hex(word) : hex(word >> (64 - 8 * size))
  }

  // MARK: JSON

  /// A step as a line of JSON.
  ///
  /// - Parameter more: writes other members.
  func json(
    _ hit: ScanHit, _ more: (JSONWriter) throws(StreamError) -> Void = { _ in }
  ) -> String {
    Self.line { (json) throws(StreamError) in
      try json.member("step", hit.step)
      try json.member("thread", hit.thread.id)
      try json.member("pc", address: hit.pc)
      try writeLocation(of: hit.pc, to: json)
      try more(json)
      try json.member("events", objects: hit.events) { (event) throws(StreamError) in
        try write(event, hit, to: json)
      }
    }
  }

  func writeLocation(of pc: UInt64, to json: JSONWriter) throws(StreamError) {
    guard let location = location(of: pc) else { return }
    try json.member("function", location.function)
    if let file = location.file { try json.member("file", file) }
    if let line = location.line { try json.member("line", UInt64(line)) }
  }

  /// An object on one line.
  static func line(_ members: (JSONWriter) throws(StreamError) -> Void) -> String {
    let sink = MemorySink()
    let json = JSONWriter(to: sink, style: .compact)
    // Memory takes everything.
    do throws(StreamError) {
      try json.object { () throws(StreamError) in try members(json) }
      try json.finish(newlines: 0)
    } catch { return "" }
    return String(decoding: sink.bytes, as: UTF8.self)
  }

  private func write(
    _ event: ScanHit.Event, _ hit: ScanHit, to json: JSONWriter
  ) throws(StreamError) {
    switch event {
    case .instruction: try json.member("event", "instruction")
    case .call(let stack):
      try json.member("event", "call")
      try write(hit, stack, to: json)
    case .access(let access, let before, let after):
      try json.member("event", access.isWrite ? "write" : "read")
      try json.member("address", address: access.range.start)
      let size = access.range.last - access.range.start + 1
      try json.member("size", size)
      try json.member("value", Self.value(after, size))
      if access.isWrite { try json.member("before", Self.value(before, size)) }
    case .systemCall(let call): try write(call, to: json)
    case .preimage(let key, let size):
      try json.member("event", "preimage")
      try json.member("key", "\(key)")
      try json.member("type", PreimageKeyType.describe(key))
      try json.member("size", size)
    case .hint(let bytes, let size):
      try json.member("event", "hint")
      try json.member("bytes", hex: bytes)
      try json.member("size", size)
    case .output(let stream, let bytes):
      try json.member("event", "output")
      try json.member("stream", stream == .output ? "stdout" : "stderr")
      try json.member("text", String(decoding: bytes, as: UTF8.self))
    }
  }

  /// A call's registers of arguments, and its stack.
  private func write(
    _ hit: ScanHit, _ stack: [UInt64], to json: JSONWriter
  ) throws(StreamError) {
    if unwinder.isGo {
      try json.member("arguments", array: arguments(of: hit, stack).values) {
        (value) throws(StreamError) in try json.string(Self.hex(value))
      }
    }
    let last = machine.version.wordSize == .bits64 ? 11 : 7
    try json.member("registers", array: Array(4...last)) { (index) throws(StreamError) in
      try json.string(Self.hex(hit.thread.registers[index]))
    }
    try json.member("stack", array: stack) { (value) throws(StreamError) in
      try json.string(Self.hex(value))
    }
  }

  private func write(_ call: SystemCallRecord, to json: JSONWriter) throws(StreamError) {
    try json.member("event", "syscall")
    try json.member("number", call.number)
    if let name = call.name { try json.member("name", name) }
    try json.member("arguments", array: call.arguments) { (value) throws(StreamError) in
      try json.string(Self.hex(value))
    }
    if let text = call.text { try json.member("bytes", hex: text) }
    switch call.answer {
    case .value(let value): try json.member("result", address: value)
    case .error(let number): try json.member("error", number)
    case nil: break
    }
  }
}
