import FalconetSnapshots
import FalconetStreams

/// Snapshots of one format.
struct SnapshotTarget: HostileInputCheck {
  private let format: SnapshotFormat

  init(_ format: SnapshotFormat) { self.format = format }

  func run(_ input: [UInt8]) throws { try SnapshotChecks(of: format).run(input) }

  func seeds() throws -> [FuzzSeed] {
    let states = try SampleStates.seeds(as: format)
    return format == .json ? states + Self.prototypes : states
  }

  /// JSON that is read but not written.
  private static var prototypes: [FuzzSeed] {
    let thread = """
      {"threadId":0,"exit":0,"exited":false,"futexAddr":0,"futexVal":0,"futexTimeoutStep":0,\
      "cpu":{"pc":4096,"nextPC":4100,"lo":1,"hi":2},"registers":[1,2,3]}
      """
    let threads = """
      {"memory":[],"preimageKey":"0x\(String(repeating: "00", count: 32))","preimageOffset":0,\
      "heap":1,"exit":0,"exited":false,"step":7,"stepsSinceLastContextSwitch":3,"wakeup":0,\
      "traverseRight":false,"leftThreadStack":[\(thread)],"rightThreadStack":[],\
      "nextThreadId":1,"lastHint":"0x0102"}
      """
    let page = String(repeating: "ab", count: 4096)
    let hex = """
      {"memory":[{"index":3,"data":"\(page)"}],"pc":1,"nextPC":5,"exited":true,"registers":[]}
      """
    return [FuzzSeed("prototype", Array(threads.utf8)), FuzzSeed("hex", Array(hex.utf8))]
  }
}

/// `.fsnap` files: as they are; or with checksums that are made right, and then made consistent.
struct FsnapTarget: HostileInputCheck {
  private let seals: Bool
  private let checks: FsnapChecks

  init(seals: Bool) throws {
    self.seals = seals
    checks = try FsnapChecks()
  }

  func run(_ input: [UInt8]) throws {
    guard seals else { return try checks.run(input) }
    var file = input
    FsnapSeal.seal(&file)
    try checks.run(file)
    if let forged = FsnapForgery.consistent(file) { try checks.run(forged) }
  }

  func seeds() throws -> [FuzzSeed] {
    try SampleStates.seeds(as: .fsnap) + [
      FuzzSeed("base", SampleStates.base().bytes), FuzzSeed("delta", SampleStates.delta()),
    ]
  }
}
