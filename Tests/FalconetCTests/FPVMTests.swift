import CFPVM
import CFalconet
import FalconetBisect
import FalconetC
import FalconetConform
import FalconetForeignVM
import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Keccak
import Testing

/// The table of fpvm.h that the library gives.
@Suite struct FPVMTests {
  /// A guest's state before it reads its first pre-image, and the pre-images.
  private static func oracleProgram() throws -> ConformProgram {
    let run = RecordedRun(version: .v8, guest: "oracle")
    let machine = try Fixtures.machine(run)
    _ = try machine.run(until: .max, stopAfterPreimageRead: true)
    let read = machine.step
    let before = try Fixtures.machine(run)
    _ = try before.run(until: read - 40)
    return ConformProgram(
      name: "oracle", bytes: try bytes(of: before),
      preimages: Dictionary(
        uniqueKeysWithValues: try Fixtures.oracle(run).preimages.map { ($0.key.bytes, $0.value) }))
  }

  private static func bytes(of machine: Machine) throws -> [UInt8] {
    let sink = MemorySink()
    try Snapshot.write(MemoryImage(machine), to: sink, as: .bin)
    return sink.bytes
  }

  private static var effort: ConformKit.Effort {
    var effort = ConformKit.Effort()
    effort.steps = 200
    effort.samples = 8
    return effort
  }

  @Test("The table is complete, and what it says is there is there")
  func complete() throws {
    let table = try #require(fpvm_get(FPVM_ABI))
    #expect(fpvm_get(FPVM_ABI) == table)
    #expect(fpvm_get(0) == nil)
    #expect(fpvm_get(FPVM_ABI + 1) == nil)
    #expect(table.pointee.size == UInt64(MemoryLayout<fpvm_table>.size))
    // From the first function to the end the table has nothing but pointers.
    let first = try #require(MemoryLayout<fpvm_table>.offset(of: \.load_program))
    let words = UnsafeRawPointer(table)
    for offset in stride(from: first, to: MemoryLayout<fpvm_table>.size, by: 8) {
      #expect(words.load(fromByteOffset: offset, as: UInt.self) != 0, "offset \(offset)")
    }
    let library = try ForeignLibrary(table: table)
    #expect(library.kinds.count == StateVersion.allCases.reduce(0) { $0 + $1.revisions.count })
    for version in StateVersion.allCases {
      for revision in version.revisions {
        let kind = library.kinds.first { $0.name == "\(version.rawValue)-\(revision.name)" }
        #expect(kind?.witnessSize == version.witnessLayout.byteCount)
      }
    }
  }

  @Test("The table's machines conform")
  func conforms() throws {
    let library = try ForeignLibrary(table: try #require(fpvm_get(FPVM_ABI)))
    let report = ConformKit.check(library, [try Self.oracleProgram()], Self.effort)
    #expect(report.conforms, "\(report.failures.prefix(5))")
    #expect(
      report.skipped.keys.allSatisfy { [.end, .callbacks].contains($0) }, "\(report.skipped)")
  }

  /// The table, with one kind, which is a revision of version 8 under the name of its newest.
  ///
  /// Nothing of it is freed: the library that is made of it lives to the process's end.
  private static func misnamed(_ revision: Revision) throws -> ForeignLibrary {
    let table = try #require(fpvm_get(FPVM_ABI))
    let names = try ForeignLibrary(table: table).kinds.map(\.name)
    let number = try #require(names.firstIndex(of: "8-\(revision.name)"))
    let newest = try #require(names.firstIndex(of: "8-\(StateVersion.v8.newestRevision.name)"))
    let kinds = UnsafeMutablePointer<UnsafePointer<fpvm_kind>?>.allocate(capacity: names.count)
    for index in names.indices {
      let kind = UnsafeMutablePointer<fpvm_kind>.allocate(capacity: 1)
      kind.initialize(to: try #require(table.pointee.kinds?[index]).pointee)
      // A name that no vector has.
      kind.pointee.name.count = 0
      kinds[index] = UnsafePointer(kind)
      if index == number {
        kind.pointee.name = try #require(table.pointee.kinds?[newest]).pointee.name
      }
    }
    let copy = UnsafeMutablePointer<fpvm_table>.allocate(capacity: 1)
    copy.initialize(to: table.pointee)
    copy.pointee.kinds = UnsafePointer(kinds)
    return try ForeignLibrary(table: UnsafePointer(copy))
  }

  @Test("The first look and the rest together check what the whole does, and no vector twice")
  func looks() throws {
    let library = try ForeignLibrary(table: try #require(fpvm_get(FPVM_ABI)))
    var effort = Self.effort
    effort.areas = [.memory, .futexes, .programs, .recorded]
    /// What is made in a look: the report, the inputs of vectors, and how often a check is taken for known.
    func look(
      _ look: ConformKit.Look, after earlier: ConformReport = ConformReport()
    ) -> (report: ConformReport, inputs: [[UInt8]], known: Int) {
      effort.look = look
      var (report, inputs, known) = (ConformReport(after: earlier), [[UInt8]](), 0)
      ConformKit.check(library, [], effort) { event in
        report.add(event)
        switch event {
        case .tries(let input) where report.unfinished?.name.contains(", ") == true:
          inputs.append(input)
        case .known: known += 1
        default: break
        }
      }
      return (report, inputs, known)
    }
    let (whole, first) = (look(.whole), look(.first))
    let rest = look(.rest, after: first.report)
    #expect(whole.report.conforms && whole.report.made == rest.report.made)
    #expect(whole.known == 0 && first.known == 0)
    // The first look is at a part of the memory's vectors, and at all of the others'.
    let known = first.report.made.count { $0.name.contains(", ") }
    #expect(first.report.checks(in: .memory) < whole.report.checks(in: .memory) / 2)
    #expect(first.report.checks(in: .futexes) == whole.report.checks(in: .futexes))
    #expect(rest.known >= known)
    #expect(!rest.inputs.isEmpty && first.inputs.count + rest.inputs.count == whole.inputs.count)
  }

  @Test("Of the first step that differs the operands and the system call are told")
  func explanation() throws {
    let older = try #require(StateVersion.v8.revisions.last)
    #expect(older != StateVersion.v8.newestRevision)
    var effort = Self.effort
    effort.areas = [.systemCalls]
    let report = ConformKit.check(try Self.misnamed(older), [], effort)
    // In the newest revision `prctl` does nothing, and in this one it is no system call.
    let failure = try #require(report.failures.first { $0.message.contains("prctl(") })
    let call = #/step \d+ from the state on, syscall at 0x[0-9a-f]+ \(prctl\([0-9a-fx, ]+\)\): /#
    let title = try #require(failure.message.prefixMatch(of: call), "\(failure.message)")
    #expect(
      failure.message.dropFirst(title.output.count) == "the VM fails with FPVM_PANIC",
      "\(failure.message)")
  }

  @Test("A VM that goes wrong in long runs alone is told so, and no single step is blamed")
  func longRuns() throws {
    let table = try #require(fpvm_get(FPVM_ABI))
    let copy = UnsafeMutablePointer<fpvm_table>.allocate(capacity: 1)
    copy.initialize(to: table.pointee)
    // A run of more than 20 steps does one too few.
    copy.pointee.run = { machine, run, stop, error in
      guard let table = fpvm_get(FPVM_ABI), let run else { return FPVM_INTERNAL }
      var (shorter, info) = (run.pointee, fpvm_info())
      info.size = UInt64(MemoryLayout<fpvm_info>.size)
      if table.pointee.info(machine, &info, nil) == FPVM_OK, shorter.until != .max,
        shorter.until &- info.step > 20
      {
        shorter.until -= 1
      }
      return table.pointee.run(machine, &shorter, stop, error)
    }
    var effort = Self.effort
    effort.areas = [.scheduler]
    let report = ConformKit.check(try ForeignLibrary(table: UnsafePointer(copy)), [], effort)
    let told = report.failures.filter {
      $0.message.hasPrefix("each step by itself is right, and a run of all ")
    }
    #expect(!told.isEmpty && told.allSatisfy { $0.message.contains("step is ") && $0.step == nil })
  }

  @Test("A machine of the table goes through a guest as the plain step does")
  func claims() throws {
    let library = try ForeignLibrary(table: try #require(fpvm_get(FPVM_ABI)))
    for (path, version) in [("64/hello.elf", StateVersion.v8), ("32/hello.elf", .v5)] {
      let elf = try Fixtures.elf(path)
      for engine in ["translator", "step"] {
        let machine = try library.loadProgram(elf, options: [("engine", engine)])
        let kind = library.kinds[Int(try machine.info().kind)].name
        #expect(kind == "\(version.rawValue)-\(version.newestRevision.name)")
        let plain = try Fixtures.machine(RecordedRun(version: version, guest: "hello"), .step)
        for step: UInt64 in [0, 1, 1000, 30_000] {
          _ = try plain.run(until: step)
          try machine.run(until: step)
          #expect(try machine.claim() == plain.claim().bytes, "\(path), step \(step)")
        }
      }
    }
    #expect(throws: ForeignError.self) {
      _ = try library.loadProgram(try Fixtures.elf("64/hello.elf"), options: [("engine", "steam")])
    }
  }

  @Test("A kind is a revision, which states keep")
  func kinds() throws {
    let library = try ForeignLibrary(table: try #require(fpvm_get(FPVM_ABI)))
    let elf = try Fixtures.elf("64/hello.elf")
    for revision in StateVersion.v8.revisions {
      let name = "8-\(revision.name)"
      let machine = try library.loadProgram(elf, kind: name)
      try machine.run(until: 100)
      let loaded = try library.loadState(try machine.state())
      #expect(library.kinds[Int(try loaded.info().kind)].name == name)
      #expect(library.kinds[Int(try machine.clone().info().kind)].name == name)
      try library.verify(try machine.prove())
      let other = StateVersion.v8.revisions.first { $0 != revision }
      let error = #expect(throws: ForeignError.self) {
        _ = try library.loadState(try machine.state(), kind: "8-\(try #require(other).name)")
      }
      #expect(error?.status == FPVM_BAD_DATA)
    }
  }

  @Test("A run of the table is the same as a run here, and its step has a proof of Cannon's family")
  func bisection() throws {
    let run = RecordedRun(version: .v8, guest: "oracle")
    let (folder, files) = (try WorkDirectory(), try TemporaryFolder())
    let prestate = try Fixtures.machine(run)
    try AtomicFile.write(path: files.file("state.bin")) { (sink) throws(StreamError) in
      try Snapshot.write(MemoryImage(prestate), to: sink, as: .bin)
    }
    let preimages = try Fixtures.oracle(run)
    var host = ForeignHost()
    host.preimage = { key in
      Bytes32(key).flatMap { preimages.preimages[$0] }.map { .bytes($0) } ?? .missing
    }
    let library = try ForeignLibrary(table: try #require(fpvm_get(FPVM_ABI)))
    let foreign = try ForeignSide(
      name: "B",
      ForeignVM.library(library).open(files.file("state.bin"), folder: folder, host: host),
      verifier: library)
    let here = MachineSide(
      name: "A", image: MemoryImage(prestate), oracle: preimages, folder: folder)
    guard case .same(_, ended: true) = try Bisection(here, foreign).find() else {
      Issue.record("the runs differ")
      return
    }

    let again = try ForeignSide(
      name: "B",
      ForeignVM.library(library).open(files.file("state.bin"), folder: folder, host: host),
      verifier: library)
    #expect(try again.claim(at: 1000).isEnd == false)
    let divergence = try Divergence(
      at: 1000,
      MachineSide(
        name: "A", image: MemoryImage(try Fixtures.machine(run)), oracle: preimages, folder: folder),
      again)
    #expect(divergence.b.verdict?.holds == true)
    #expect(divergence.b.step.foreign?.isVerified == true)
    #expect(divergence.b.step.foreign?.fault == nil)
    #expect(divergence.b.step.proof?.post == divergence.a.step.proof?.post)
    #expect(divergence.b.execution?.instruction?.pc == divergence.a.execution?.instruction?.pc)
  }

  @Test("A proof as Cannon writes it is one of the table's VM, once its kind is named")
  func cannonsProof() throws {
    let library = try ForeignLibrary(table: try #require(fpvm_get(FPVM_ABI)))
    let machine = try Fixtures.machine(RecordedRun(version: .v8, guest: "hello"))
    _ = try machine.run(until: 100)
    let witness = try #require(try machine.prove())
    let sink = MemorySink()
    try StepProof(witness).write(to: sink)
    let file = try ForeignProofFile.read(MemorySource(sink.bytes))
    #expect(file.kind == nil)
    let refusal = #expect(throws: ForeignError.self) { _ = try file.proof(for: library) }
    #expect(refusal?.status == FPVM_UNSUPPORTED)
    let kind = "8-\(machine.revision.name)"
    try library.verify(file.proof(for: library, kind: kind))
    var wrong = try file.proof(for: library, kind: kind)
    wrong.post[31] ^= 1
    #expect(throws: ForeignError.self) { try library.verify(wrong) }
  }

  @Test("The library in its file is such a VM")
  func file() throws {
    let library = try ForeignLibrary(
      path: try BuiltLibrary.shared().folder + "/lib/libfalconet.so")
    #expect(library.name == "falconet")
    let machine = try library.loadProgram(try Fixtures.elf("64/hello.elf"))
    var output: [UInt8] = []
    var host = ForeignHost()
    host.output = { stream, bytes in if stream == 1 { output += bytes } }
    try machine.setHost(host)
    #expect(try machine.run(until: .max) == .exited)
    #expect(String(decoding: output, as: UTF8.self).contains("hello"))
  }

  @Test("A handle that has been freed is an error, and so is one of another kind")
  func handles() throws {
    let table = try #require(fpvm_get(FPVM_ABI))
    let library = try ForeignLibrary(table: table)
    var handle: OpaquePointer?
    do {
      let machine = try library.loadProgram(try Fixtures.elf("64/hello.elf"))
      handle = machine.handle
    }
    var claim = [UInt8](repeating: 0, count: 32)
    #expect(table.pointee.claim(handle, &claim, 32, nil) == FPVM_INVALID)
    #expect(table.pointee.free_machine(handle) == FPVM_INVALID)
    let other = try HostileTests.machine()
    defer { _ = falconet_machine_free(other) }
    #expect(table.pointee.claim(other, &claim, 32, nil) == FPVM_INVALID)
  }
}
