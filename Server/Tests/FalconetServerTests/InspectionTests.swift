import Falconet
import Foundation
import Testing

@testable import FalconetServer

/// What the service shows people of a trace: calls, events, states, searches, profiles.
struct InspectionTests {
  private let server: TestServer
  private let game: String

  init() throws {
    server = try TestServer(roots: [Fixtures.preimages])
    game = try server.open(Fixtures.directoryPreimages)
    _ = try server.ask("GET", "/v1/games/\(game)/last")
  }

  private func get(_ path: String) throws -> JSON {
    let answer = try server.ask("GET", "/v1/games/\(game)/\(path)")
    try #require(answer.status == 200, "\(path): \(answer.text)")
    return answer.json
  }

  @Test("Stacks have the calls at evenly spread steps, outermost first")
  func stacks() throws {
    let answer = try get("stacks/4000000?steps=1000000&samples=10")
    let samples = answer["samples"]?.elements ?? []
    #expect(samples.compactMap { $0["step"]?.number } == (0..<10).map { 4_000_000 + $0 * 100_000 })
    let frames = answer["frames"]?.elements ?? []
    for sample in samples {
      let step = try #require(sample["step"]?.number)
      let machine = try Fixtures.trace.machine(after: step)
      let names = (sample["stack"]?.elements ?? []).compactMap {
        frames[Int($0.number ?? 0)]["name"]?.text(of: String.self)
      }
      #expect(names == machine.callStack(limit: 64).reversed().map(\.function), "\(step)")
      #expect(names.contains("main.main"))
    }
  }

  @Test("A stretch of few steps has each of them, and none after the end")
  func ends() throws {
    let end = Fixtures.end + 1
    let answer = try get("stacks/\(end - 3)?steps=100")
    #expect(
      answer["samples"]?.elements.compactMap { $0["step"]?.number } == [end - 3, end - 2, end - 1])
    #expect(try get("stacks/\(end + 50)?steps=100")["samples"]?.elements.isEmpty == true)
  }

  @Test("Events are those that the library observes, in order, with counts in all")
  func events() throws {
    let answer = try get("events/0?limit=10000")
    var filter = StepFilter()
    filter.includesHostRequests = true
    var keys: [String] = []
    let machine = try Fixtures.trace.machine(after: 0)
    try machine.observe(filter) { step in
      for case .preimage(let key, _) in step.events { keys.append(key.description) }
      return true
    }
    let events = answer["events"]?.elements ?? []
    #expect(answer["complete"] == .bool(true))
    #expect(events.count == Int(answer["count"]?.number ?? 0))
    let steps = events.compactMap { $0["step"]?.number }
    #expect(steps == steps.sorted())
    #expect(
      events.filter { $0["kind"] == .string("preimage") }
        .compactMap { $0["key"]?.text(of: String.self) } == keys)
    #expect(!keys.isEmpty)
    for kind in ["systemCall", "preimage", "hint", "thread"] {
      let count = answer["counts"]?[kind]?.elements.reduce(0) { $0 + ($1.number ?? 0) }
      #expect(Int(count ?? 0) == events.filter { $0["kind"] == .string(kind) }.count, "\(kind)")
    }
    for kind in ["systemCall", "preimage", "hint", "thread"] {
      let alone = try get("events/0?limit=10000&kind=\(kind)")
      #expect(alone["events"]?.elements == events.filter { $0["kind"] == .string(kind) }, "\(kind)")
    }
    let part = try get("events/0?limit=5")
    #expect(part["complete"] == .bool(false) && part["count"] == answer["count"])
    #expect(part["events"]?.elements == Array(events.prefix(5)))
  }

  @Test("A thread switch is where the thread of the state changes")
  func switches() throws {
    let events = try get("events/0?limit=10000")["events"]?.elements ?? []
    let first = try #require(events.first { $0["kind"] == .string("thread") })
    let step = try #require(first["step"]?.number)
    let (before, after) = (
      try Fixtures.trace.machine(after: step), try Fixtures.trace.machine(after: step + 1)
    )
    #expect(before.threads.first?.id != after.threads.first?.id)
    #expect(after.threads.first?.id == first["thread"]?.number)
    #expect(try get("search?for=thread")["step"]?.number == step)
  }

  @Test("A view says what the step before changed, and shows memory at any address")
  func view() throws {
    let view = try get("views/4705329?memory=0x10000")
    let machine = try Fixtures.trace.machine(after: 4_705_328)
    let before = machine.threads[0].registers.map { JSON.string(address($0)) }
    #expect(view["previous"]?["registers"] == .array(before))
    try machine.run(until: 4_705_329)
    #expect(view["threads"]?.elements[0]["registers"] != .array(before))
    #expect(view["claim"] == .string(machine.claim().description))
    #expect(view["memory"]?["address"] == .string("0x10000"))
    #expect(view["memory"]?["bytes"] == .string(hex(machine.memory(at: 0x10000, count: 256))))
    #expect(view["calls"]?.elements.isEmpty == false)
    // It is known now.
    #expect(try get("views/4705329?memory=0x10000") == view)
    #expect(try get("views/0")["previous"] == nil)
  }

  @Test("Searches find the next and the last step of an address, a call and a claim")
  func search() throws {
    let stacks = try get("stacks/4705329?steps=1")
    let entry = try #require(
      stacks["frames"]?.elements.first { $0["name"] == .string("syscall.Syscall") }?["entry"]?
        .text(of: String.self))
    let next = try get("search?for=address&value=\(entry)&from=4705329")
    let step = try #require(next["step"]?.number)
    #expect(step > 4_705_329)
    #expect(address(try Fixtures.trace.machine(after: step).threads[0].pc) == entry)
    let back = try get("search?for=address&value=\(entry)&from=\(step + 1)&back=1")
    #expect(back["step"]?.number == step)
    let earlier = try #require(
      try get("search?for=address&value=\(entry)&from=\(step)&back=1")["step"]?.number)
    #expect(earlier < step)
    let claim = try #require(try get("claims/7000000")["claim"]?.text(of: String.self))
    #expect(try get("search?for=claim&value=\(claim)")["step"]?.number == 7_000_001)
    // The next event is the nearer of the next call and the next switch, back and forth.
    for from: UInt64 in [0, 591_664, 4_705_329, 9_410_000] {
      func steps(_ target: String, _ more: String) throws -> UInt64? {
        try get("search?for=\(target)&from=\(from)\(more)")["step"]?.number
      }
      let ahead = try ["systemCall", "thread"].compactMap { try steps($0, "") }
      #expect(try steps("event", "") == ahead.min(), "\(from)")
      let behind = try ["systemCall", "thread"].compactMap { try steps($0, "&back=1") }
      #expect(try steps("event", "&back=1") == behind.max(), "\(from)")
    }
    let none = "0x03" + String(repeating: "11", count: 31)
    #expect(try get("search?for=claim&value=\(none)")["found"] == .bool(false))
    for (query, status) in [
      ("for=function&value=main.main", 409), ("for=claim&value=x", 400), ("for=nothing", 400),
      ("for=address", 400), ("for=address&value=12", 400), ("for=event", 200),
    ] {
      #expect(
        try server.ask("GET", "/v1/games/\(game)/search?\(query)").status == status, "\(query)")
    }
  }

  @Test("Profiles come in three formats")
  func profiles() throws {
    for (format, type, start) in [
      ("svg", "image/svg+xml", "<"), ("folded", "text/plain; charset=utf-8", ""),
    ] {
      let answer = try server.ask(
        "GET", "/v1/games/\(game)/profiles/0?steps=2000000&format=\(format)")
      #expect(answer.status == 200 && answer.headers["content-type"] == type)
      #expect(answer.text.hasPrefix(start) && answer.text.contains("main.main"))
    }
    #expect(try server.ask("GET", "/v1/games/\(game)/profiles/0?format=pprof").status == 200)
    #expect(try server.ask("GET", "/v1/games/\(game)/profiles/0?format=x").status == 400)
  }
}
