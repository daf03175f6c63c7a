import FalconetDebug
import FalconetMachine
import FalconetProofs
import FalconetReplay
import Keccak

/// What a debugger sends, which a session answers with whole packets in bounded memory, and which changes no
/// state: after it, the run is what it is without a debugger.
struct DebugTarget: HostileInputCheck {
  private let guests: [SampleGuest]

  init() throws { guests = [try SampleGuest(.v5), try SampleGuest(.v8)] }

  func run(_ input: [UInt8]) throws {
    for guest in guests {
      try run(input, guest, allowsChanges: false)
      try run(input, guest, allowsChanges: true)
    }
  }

  private func run(_ input: [UInt8], _ guest: SampleGuest, allowsChanges: Bool) throws {
    let timeline = Timeline(try guest.machine(), memoryLimit: 1 << 16, interval: 5)
    let host = Host()
    let session = DebugSession(timeline, host: host, allowsChanges: allowsChanges)
    var isFirst = true
    session.poll {
      // What arrives while the guest runs.
      defer { isFirst = false }
      return isFirst ? Array(input.prefix(3)) : [3]
    }
    let half = input.count / 2
    try check(session.receive(Array(input[..<half])))
    try check(session.receive(Array(input[half...])))
    let step = timeline.step
    guard step <= guest.last + 1 else { try found("step \(step) is past the end") }
    if step > 0, timeline.machine.claim() != guest.claim(step - 1) {
      try found("the claim at step \(step) is another one")
    }
    _ = try timeline.go(to: .max)
    guard timeline.machine.claim() == guest.claim(guest.last) else {
      try found("the last claim is another one")
    }
  }

  /// An answer is acknowledgements and whole packets with their checksums.
  private func check(_ answer: [UInt8]) throws {
    var rest = answer[...]
    while let first = rest.popFirst() {
      guard first == UInt8(ascii: "$") else {
        guard first == UInt8(ascii: "+") || first == UInt8(ascii: "-") else {
          try found("byte \(first) between packets")
        }
        continue
      }
      guard let end = rest.firstIndex(of: UInt8(ascii: "#")), end + 2 < rest.endIndex else {
        try found("a packet without an end")
      }
      let sum = rest[..<end].reduce(0 as UInt8) { $0 &+ $1 }
      let digits = String(decoding: rest[(end + 1)...(end + 2)], as: UTF8.self)
      guard UInt8(digits, radix: 16) == sum else { try found("a packet with a wrong checksum") }
      guard end - rest.startIndex <= 1 << 16 else { try found("a packet that is too long") }
      rest = rest[(end + 3)...]
    }
  }

  private final class Host: DebugHost {
    var program: [UInt8]? { [0x7F, 0x45, 0x4C, 0x46] }
    var programPath: String { "/p" }
    func describe(_ address: UInt64) -> String { "" }
    func writeProof(_ proof: StepProof, to name: String) throws(DebugRefusal) -> String {
      guard !name.contains("/") else { throw DebugRefusal("a file elsewhere") }
      return ""
    }
    func writeSnapshot(of machine: Machine, to name: String) throws(DebugRefusal) -> String { "" }
  }

  func seeds() -> [FuzzSeed] {
    let sessions: [(name: String, packets: [String])] = [
      ("start", ["qSupported", "QStartNoAckMode", "?", "g", "qfThreadInfo", "qC"]),
      ("break", ["Z0,1008,4", "c", "z0,1008,4", "s", "bs", "bc"]),
      ("watch", ["Z2,2000,8", "Z3,2000,8", "Z4,2008,4", "vCont;c", "bc", "bs"]),
      ("memory", ["m1000,20", "p8", "p25", "M1000,1:00", "P8=00"]),
      (
        "changes",
        [
          "M2000,2:0102", "P8=0000000000000001", "P8=00000001", "P25=00001000", "s", "s", "bs",
          "bc",
        ]
          + monitor("claim") + monitor("goto start")
      ),
      ("threads", ["Hg1", "Hc-1", "T1", "vCont?", "vCont;s:1;c", "qXfer:threads:read::0,fff"]),
      ("files", ["vFile:open:2f70,0,0", "vFile:pread:3,4,0", "vFile:fstat:3", "vFile:close:3"]),
      ("features", ["qXfer:features:read:target.xml:0,100", "qXfer:exec-file:read::0,10"]),
      ("monitor", monitor("goto 3") + monitor("claim") + monitor("proof x")),
      ("lists", monitor("syscalls 5") + monitor("preimages") + monitor("last-write 0x2000:8")),
      ("end", ["D", "k"]),
    ]
    return sessions.map { FuzzSeed($0.name, $0.packets.flatMap(packet)) }
  }

  private func monitor(_ command: String) -> [String] {
    ["qRcmd," + command.utf8.map { String($0, radix: 16) }.joined()]
  }

  private func packet(_ text: String) -> [UInt8] {
    let sum = text.utf8.reduce(0 as UInt8) { $0 &+ $1 }
    return Array("$\(text)#".utf8) + Array((sum < 16 ? "0" : "").utf8)
      + Array(String(sum, radix: 16).utf8)
  }
}
