import FalconetDebug
import FalconetMachine
import FalconetProofs
import FalconetReplay
import FalconetTestSupport
import Testing

/// A debugger that talks to a session in this process.
final class DebugClient: DebugHost {
  let timeline: Timeline
  private(set) var session: DebugSession
  var program: [UInt8]?
  let programPath = "/guests/program.elf"
  /// Files that were written, by name.
  private(set) var proofs: [String: StepProof] = [:]
  private(set) var snapshots: [String: UInt64] = [:]

  init(_ timeline: Timeline, acknowledges: Bool = false, allowsChanges: Bool = false) {
    self.timeline = timeline
    session = DebugSession(timeline, host: NoHost.shared)
    session = DebugSession(timeline, host: self, allowsChanges: allowsChanges)
    if !acknowledges { #expect(ask("QStartNoAckMode") == "OK") }
  }

  /// A client of the run of an image; nil stands for the ``counter(_:)``.
  convenience init(_ version: StateVersion = .v8, _ image: MachineImage? = nil) throws {
    self.init(Timeline(try (image ?? Self.counter(version)).machine(), interval: 100))
  }

  /// Counts in register 8 and stores the count at 0x2000, for ever: 4 steps a round.
  static func counter(_ version: StateVersion) -> MachineImage {
    MachineImage(
      version,
      code: [
        Assembly.immediate(9, rs: 8, rt: 8, 1), Assembly.immediate(0x2B, rt: 8, 0x2000),
        Assembly.immediate(4, -3), Assembly.nop,
      ])
  }

  /// Of the run itself, not of a branch.
  var step: UInt64 { timeline.step }
  var machine: Machine { timeline.machine }

  /// A packet with its checksum.
  static func packet(_ text: String) -> [UInt8] {
    let sum = text.utf8.reduce(0 as UInt8) { $0 &+ $1 }
    return Array("$\(text)#".utf8) + Array((sum < 16 ? "0" : "").utf8)
      + Array(String(sum, radix: 16).utf8)
  }

  /// The contents of packets, whose checksums are compared, and what lies between them.
  static func contents(_ bytes: [UInt8]) -> (packets: [String], between: String) {
    var packets: [String] = []
    var between = ""
    var rest = bytes[...]
    while let first = rest.first {
      guard first == UInt8(ascii: "$"), let end = rest.firstIndex(of: UInt8(ascii: "#")),
        end + 2 < rest.endIndex
      else {
        between.append(Character(Unicode.Scalar(rest.removeFirst())))
        continue
      }
      let contents = rest[rest.startIndex + 1..<end]
      let packet = String(decoding: contents, as: UTF8.self)
      let sum = contents.reduce(0 as UInt8) { $0 &+ $1 }
      let digits = String(decoding: rest[(end + 1)...(end + 2)], as: UTF8.self)
      #expect(UInt8(digits, radix: 16) == sum, "checksum of \(packet)")
      packets.append(packet)
      rest = rest[(end + 3)...]
    }
    return (packets, between)
  }

  /// Sends a packet. Returns the last packet that answers it.
  @discardableResult
  func ask(_ text: String) -> String {
    Self.contents(session.receive(Self.packet(text))).packets.last ?? "no answer"
  }

  /// What a command after `monitor` prints.
  func monitor(_ command: String) -> String {
    let hex = command.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let packets = Self.contents(session.receive(Self.packet("qRcmd,\(hex)"))).packets
    #expect(packets.last == "OK")
    return packets.dropLast().map { Self.text(hex: $0.dropFirst()) }.joined()
  }

  private static func text(hex: Substring) -> String {
    let digits = Array(hex)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: DebugHost

  func describe(_ address: UInt64) -> String { "in f+\(address)" }

  func writeProof(_ proof: StepProof, to name: String) throws(DebugRefusal) -> String {
    guard proofs[name] == nil else { throw DebugRefusal("\(name) exists") }
    proofs[name] = proof
    return "wrote \(name)"
  }

  func writeSnapshot(of machine: Machine, to name: String) throws(DebugRefusal) -> String {
    snapshots[name] = machine.step
    return "wrote \(name)"
  }
}

/// The host of a session that is replaced before it is used.
private final class NoHost: DebugHost, Sendable {
  static let shared = NoHost()
  var program: [UInt8]? { nil }
  var programPath: String { "" }
  func describe(_ address: UInt64) -> String { "" }
  func writeProof(_ proof: StepProof, to name: String) throws(DebugRefusal) -> String { "" }
  func writeSnapshot(of machine: Machine, to name: String) throws(DebugRefusal) -> String { "" }
}
