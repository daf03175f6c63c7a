import FalconetBisect
import FalconetForeignVM
import FalconetStreams
import FalconetTestSupport
import Testing

/// Runs of VMs of which nothing is known but the interface.
@Suite struct ForeignSideTests {
  private let folder: WorkDirectory
  private let files: TemporaryFolder

  init() throws {
    folder = try WorkDirectory()
    files = try TemporaryFolder()
  }

  private func host(_ vm: ExampleVM) throws -> ForeignHost {
    let preimages = try vm.preimages()
    var host = ForeignHost()
    host.preimage = { key in preimages[key].map { .bytes($0) } ?? .missing }
    return host
  }

  private func run(_ vm: ExampleVM, _ library: ForeignLibrary) throws -> any ForeignRun {
    try ForeignVM.library(library).open(
      "\(ExampleVM.repository)/\(vm.program)", folder: folder, host: host(vm))
  }

  private func run(_ vm: ExampleVM) throws -> any ForeignRun { try run(vm, vm.library()) }

  @Test(
    "Two runs of one VM are the same to the end, and a run goes back to any state that was kept",
    .enabled(
      if: ExampleVM.stack.canBeBuilt && ExampleVM.tape.canBeBuilt, "no C compiler, or no Rust"),
    arguments: [ExampleVM.stack, .tape])
  func same(_ vm: ExampleVM) throws {
    let a = try ForeignSide(name: "A", run(vm), verifier: nil)
    let b = try ForeignSide(name: "B", run(vm), verifier: nil)
    guard case .same(_, ended: true) = try Bisection(a, b).find() else {
      Issue.record("the runs differ")
      return
    }

    let run = try run(vm)
    try run.run(until: 5)
    let (kept, claim) = (try run.keep(), try run.claim())
    #expect(claim.count == run.claimSize)
    try run.run(until: .max)
    let end = try run.status()
    #expect(end.exited && end.exitCode != nil && end.step > 5)
    for _ in 0..<2 {
      try run.goBack(to: kept)
      #expect(try run.claim() == claim)
      try run.run(until: 9)
      #expect(try run.claim() != claim)
    }
    try run.run(until: .max)
    #expect(try run.status() == end)
    #expect(run.executed == end.step + 4 + (end.step - 5))
  }

  @Test(
    "A state goes through a file, which is told from a program by its claim",
    .enabled(
      if: ExampleVM.stack.canBeBuilt && ExampleVM.tape.canBeBuilt, "no C compiler, or no Rust"),
    arguments: [ExampleVM.stack, .tape])
  func files(_ vm: ExampleVM) throws {
    let first = try run(vm)
    try first.run(until: 7)
    let path = files.file("state")
    try AtomicFile.write(path: path) { (sink) throws(StreamError) in
      do { try first.write(to: sink) } catch {
        throw StreamError(.corrupt, message: "\(error)")
      }
    }
    let second = try ForeignVM.library(vm.library()).open(path, folder: folder, host: host(vm))
    #expect(try second.status() == first.status())
    #expect(try second.claim() == first.claim())
    #expect(try second.witness() == first.witness())
    let third = try run(vm)
    try third.read(stateAt: path)
    #expect(try third.claim() == first.claim())
  }

  @Test(
    "A fault in one of two VMs is found, and each VM says what it does and proves it",
    .enabled(if: ExampleVM.stack.canBeBuilt, "no C compiler: cc"))
  func fault() throws {
    let text = try ExampleVM.stack.text()
    let right = "case ADD: result[0] = a + b;"
    try #require(text.contains(right))
    // It adds wrongly from the sixth word of the pre-image on.
    let wrong = text.replacing(right, with: "case ADD: result[0] = a + b + (a == 40);")
    let faulty = try ForeignLibrary(path: ExampleVM.stack.build(wrong))
    let library = try ExampleVM.stack.library()
    let a = try ForeignSide(name: "A", run(.stack, library), verifier: library)
    // The first VM judges the other's proof.
    let b = try ForeignSide(name: "B", run(.stack, faulty), verifier: library)
    guard case .differs(let last, let first, let mine, let other) = try Bisection(a, b).find()
    else {
      Issue.record("the fault is not found")
      return
    }
    #expect(first == last + 1)
    #expect(mine != other)
    let divergence = try Divergence(at: last, a, b)
    for part in [divergence.a, divergence.b] {
      #expect(part.step.foreign?.text?.contains("add") == true)
      #expect(part.step.proof == nil, "the stack machine is not of Cannon's family")
      #expect(part.step.foreign?.isVerified == true)
    }
    #expect(divergence.a.step.foreign?.fault == nil)
    #expect(divergence.b.step.foreign?.fault?.isEmpty == false)
    #expect(a.executed + b.executed <= 3 * 2 * last + 4)
  }

  @Test(
    "A missing pre-image is an error of the run, with what the host says",
    .enabled(if: ExampleVM.stack.canBeBuilt, "no C compiler: cc"))
  func preimage() throws {
    var host = ForeignHost()
    host.preimage = { _ in .missing }
    host.complaint = { "the cupboard is bare" }
    let run = try ForeignVM.library(ExampleVM.stack.library()).open(
      "\(ExampleVM.repository)/\(ExampleVM.stack.program)", folder: folder, host: host)
    let side = try ForeignSide(name: "A", run, verifier: nil)
    #expect {
      try side.claim(at: 100)
    } throws: { error in
      "\(error)".contains("A: ") && "\(error)".contains("the cupboard is bare")
    }
    host.preimage = { _ in .stop }
    let stopped = try ForeignVM.library(ExampleVM.stack.library()).open(
      "\(ExampleVM.repository)/\(ExampleVM.stack.program)", folder: folder, host: host)
    #expect {
      try ForeignSide(name: "A", stopped, verifier: nil).claim(at: 100)
    } throws: { error in
      if case BisectError.interrupted = error { true } else { false }
    }
  }

  @Test(
    "A program's panic is a side that has no state from the step after it on",
    .enabled(if: ExampleVM.stack.canBeBuilt, "no C compiler: cc"))
  func panic() throws {
    let path = files.file("panics.stk")
    try AtomicFile.write(path: path) { (sink) throws(StreamError) in
      try sink.write(Array("push 1 push 0 div halt".utf8))
    }
    let library = try ExampleVM.stack.library()
    let vm = ForeignVM.library(library)
    let side = try ForeignSide(
      name: "A", vm.open(path, folder: folder), verifier: library)
    #expect(try side.claim(at: 1).isEnd == false)
    try side.saveState()
    for step in [9, 3, 4] as [UInt64] {
      guard case .failed = try side.claim(at: step).value else {
        Issue.record("there is a state after step \(step)")
        continue
      }
    }
    guard case .claim = try side.claim(at: 2).value else {
      Issue.record("there is no state before the step that panics")
      return
    }
    try side.saveState()
    let step = try side.execute(2)
    #expect(step.failure?.isEmpty == false)
    #expect(step.foreign?.text?.contains("div") == true)
  }
}
