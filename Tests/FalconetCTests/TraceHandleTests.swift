import CFalconet
import FalconetTestSupport
import Glibc
import Testing

/// Traces as the header promises them, for callers that pass what can't be right and for several
/// threads.
@Suite struct TraceHandleTests {
  private var message: String { String(cString: falconet_error_message()) }

  /// A trace of a small guest in a folder, to be freed.
  private static func trace(_ folder: TemporaryFolder) throws -> OpaquePointer {
    let machine = try HostileTests.machine()
    defer { falconet_machine_free(machine) }
    var trace: OpaquePointer?
    let status = falconet_trace_open_machine(folder.file("trace"), machine, nil, &trace)
    try #require(status == FALCONET_OK)
    return try #require(trace)
  }

  @Test func `no trace is an error of every function that takes one`() {
    var (number, count, index) = (UInt64(7), 0, UInt64(3))
    var hash = [UInt8](repeating: 9, count: 32)
    var (claim, step) = (falconet_trace_claim(), falconet_trace_step())
    var (buffer, info) = (falconet_buffer(), falconet_trace_info())
    var words: [UnsafePointer<CChar>?] = [nil]
    let statuses = [
      falconet_trace_set_preimages(nil, nil, nil, nil),
      falconet_trace_set_preimage_folder(nil, "/"),
      falconet_trace_set_preimage_server(nil, &words, 0, nil, nil),
      falconet_trace_set_local_input(nil, 0, nil, 0),
      falconet_trace_set_progress(nil, nil, 0, nil),
      falconet_trace_cancel(nil),
      falconet_trace_resume(nil),
      falconet_trace_claims(nil, nil, 0, nil),
      falconet_trace_prestate(nil, &hash, &buffer),
      falconet_trace_claims(nil, &index, 1, &claim),
      falconet_trace_steps(nil, &index, 1, &step),
      falconet_trace_last(nil, &number, &hash, &buffer),
      falconet_trace_get_info(nil, &info),
      falconet_trace_snapshots(nil, &number, 1, &count),
      falconet_trace_incidents(nil, { _, _, _, _ in }, nil),
      falconet_trace_prune(nil),
      falconet_trace_export(nil, "/tmp/never"),
      falconet_trace_adopt(nil, "/tmp/never", nil, nil, nil),
      falconet_trace_delete(nil),
      falconet_trace_delete_folder(nil),
      falconet_trace_open(nil, nil, nil, nil),
    ]
    #expect(statuses.allSatisfy { $0 == FALCONET_INVALID_ARGUMENT })
    #expect(number == 7 && hash == [UInt8](repeating: 9, count: 32))
    #expect(falconet_trace_free(nil) == FALCONET_OK)
  }

  @Test func `values out of range and missing results are errors of a trace`() throws {
    let folder = try TemporaryFolder()
    let trace = try Self.trace(folder)
    defer { falconet_trace_free(trace) }
    var (index, count) = (UInt64(0), 0)
    var claim = falconet_trace_claim()
    var words: [UnsafePointer<CChar>?] = [nil]
    let statuses = [
      falconet_trace_claims(trace, nil, 1, &claim),
      falconet_trace_claims(trace, &index, -1, &claim),
      falconet_trace_claims(trace, &index, 1, nil),
      falconet_trace_steps(trace, &index, 1, nil),
      falconet_trace_get_info(trace, nil),
      falconet_trace_snapshots(trace, nil, 0, nil),
      falconet_trace_snapshots(trace, nil, -1, &count),
      falconet_trace_incidents(trace, nil, nil),
      falconet_trace_set_preimage_server(trace, nil, 0, nil, nil),
      falconet_trace_set_preimage_server(trace, &words, 0, nil, nil),
      falconet_trace_set_local_input(trace, 1, nil, 5),
      falconet_trace_export(trace, nil),
    ]
    #expect(statuses.allSatisfy { $0 == FALCONET_INVALID_ARGUMENT })
    #expect(falconet_trace_claims(trace, nil, 0, nil) == FALCONET_OK)
    #expect(falconet_trace_snapshots(trace, nil, 0, &count) == FALCONET_OK && count == 0)
    var options = falconet_trace_options()
    options.engine = falconet_engine(9)
    var other: OpaquePointer? = trace
    #expect(
      falconet_trace_open(folder.file("other"), "/nowhere", &options, &other)
        == FALCONET_INVALID_ARGUMENT)
    #expect(other == nil && message.contains("falconet_engine"))
  }

  @Test func `zeros in a trace's options stand for the defaults, other numbers are taken`() throws {
    let folder = try TemporaryFolder()
    let machine = try HostileTests.machine()
    defer { falconet_machine_free(machine) }
    func info(_ name: String, _ options: falconet_trace_options) throws -> falconet_trace_info {
      var (options, trace) = (options, OpaquePointer?.none)
      try #require(
        falconet_trace_open_machine(folder.file(name), machine, &options, &trace) == FALCONET_OK)
      defer { falconet_trace_free(trace) }
      var (index, claim, info) = (UInt64(5_000), falconet_trace_claim(), falconet_trace_info())
      #expect(falconet_trace_claims(trace, &index, 1, &claim) == FALCONET_OK)
      #expect(falconet_trace_get_info(trace, &info) == FALCONET_OK)
      return info
    }
    var options = falconet_trace_options()
    let usual = try info("usual", options)
    #expect(usual.budget == 16 << 30 && usual.checkpoints > 0)
    options.disk_budget = 5 << 20
    options.memory_budget = 1
    let small = try info("small", options)
    #expect(small.budget == 5 << 20 && small.checkpoints == 0)
  }

  @Test func `a call for step data that fails leaves no proof behind`() throws {
    let folder = try TemporaryFolder()
    let trace = try Self.trace(folder)
    defer { falconet_trace_free(trace) }
    var steps = [falconet_trace_step](repeating: falconet_trace_step(), count: 2)
    for position in 0..<2 { steps[position].proof = OpaquePointer(bitPattern: 1) }
    #expect(falconet_trace_steps(trace, nil, 2, &steps) == FALCONET_INVALID_ARGUMENT)
    #expect(steps.allSatisfy { $0.proof == nil })
  }

  @Test func `a cancellation waits for a call that executes, unless it is withdrawn`() throws {
    let folder = try TemporaryFolder()
    let trace = try Self.trace(folder)
    defer { falconet_trace_free(trace) }
    var (index, claim, info) = (UInt64(5_000), falconet_trace_claim(), falconet_trace_info())
    #expect(falconet_trace_cancel(trace) == FALCONET_OK)
    #expect(falconet_trace_get_info(trace, &info) == FALCONET_OK)
    #expect(falconet_trace_claims(trace, &index, 1, &claim) == FALCONET_CANCELLED)
    #expect(falconet_trace_claims(trace, &index, 1, &claim) == FALCONET_OK)
    index = 6_000
    #expect(falconet_trace_cancel(trace) == FALCONET_OK)
    #expect(falconet_trace_resume(trace) == FALCONET_OK)
    #expect(falconet_trace_claims(trace, &index, 1, &claim) == FALCONET_OK)
  }

  @Test func `handles of machines and of traces are told apart, and freed ones from both`() throws {
    let folder = try TemporaryFolder()
    let trace = try Self.trace(folder)
    let machine = try HostileTests.machine()
    var other: OpaquePointer?
    var step: UInt64 = 0
    #expect(falconet_machine_step(trace, &step) == FALCONET_INVALID_ARGUMENT)
    #expect(falconet_machine_free(trace) == FALCONET_INVALID_ARGUMENT)
    #expect(falconet_trace_prune(machine) == FALCONET_INVALID_ARGUMENT)
    #expect(falconet_trace_free(machine) == FALCONET_INVALID_ARGUMENT)
    #expect(
      falconet_trace_open_machine(folder.file("x"), trace, nil, &other)
        == FALCONET_INVALID_ARGUMENT)
    #expect(falconet_trace_free(trace) == FALCONET_OK)
    #expect(falconet_trace_free(trace) == FALCONET_INVALID_ARGUMENT)
    #expect(falconet_trace_prune(trace) == FALCONET_INVALID_ARGUMENT)
    #expect(falconet_machine_free(machine) == FALCONET_OK)
  }

  @Test func `an error of a trace has a status of its own and says what to do`() throws {
    let folder = try TemporaryFolder()
    let trace = try Self.trace(folder)
    let machine = try HostileTests.machine()
    var (other, stop) = (OpaquePointer?.none, FALCONET_STOP_STEP)
    #expect(
      falconet_trace_open_machine(folder.file("trace"), machine, nil, &other) == FALCONET_LOCKED)
    #expect(falconet_trace_free(trace) == FALCONET_OK)
    #expect(falconet_machine_run(machine, 10, 0, &stop) == FALCONET_OK)
    #expect(
      falconet_trace_open_machine(folder.file("trace"), machine, nil, &other)
        == FALCONET_INVALID_ARGUMENT)
    #expect(message.contains("use another directory"))
    #expect(
      falconet_trace_open(folder.file("t"), folder.file("none"), nil, &other)
        == FALCONET_NOT_FOUND)
    var options = falconet_trace_options()
    options.disk_budget = 1
    var (index, claim) = (UInt64(50), falconet_trace_claim())
    try #require(
      falconet_trace_open_machine(folder.file("small"), machine, &options, &other) == FALCONET_OK)
    #expect(falconet_trace_claims(other, &index, 1, &claim) == FALCONET_NO_ROOM)
    #expect(message.contains("budget"))
    #expect(falconet_trace_free(other) == FALCONET_OK)
    // The prestate has 10 steps behind it.
    index = 5
    try #require(
      falconet_trace_open_machine(folder.file("late"), machine, nil, &other) == FALCONET_OK)
    #expect(falconet_trace_claims(other, &index, 1, &claim) == FALCONET_INVALID_ARGUMENT)
    #expect(message.contains("before the prestate"))
    #expect(falconet_trace_free(other) == FALCONET_OK)
    #expect(falconet_machine_run(machine, .max, 0, &stop) == FALCONET_OK)
    #expect(
      falconet_trace_open_machine(folder.file("end"), machine, nil, &other) == FALCONET_EXITED)
    #expect(falconet_machine_free(machine) == FALCONET_OK)
  }

  @Test func `a trace that executes is not freed, and its calls are cancelled`() throws {
    let folder = try TemporaryFolder()
    let machine = try ThreadTests.endless()
    var trace: OpaquePointer?
    try #require(
      falconet_trace_open_machine(folder.file("trace"), machine, nil, &trace) == FALCONET_OK)
    #expect(falconet_machine_free(machine) == FALCONET_OK)
    let shared = ThreadTests.Shared(handle: try #require(trace))
    let (reports, cancelled) = (ThreadTests.Tally(), ThreadTests.Tally())
    let status = falconet_trace_set_progress(
      trace,
      { context, _ in
        guard let context else { return false }
        Unmanaged<ThreadTests.Tally>.fromOpaque(context).takeUnretainedValue().add()
        return true
      }, 0, Unmanaged.passUnretained(reports).toOpaque())
    #expect(status == FALCONET_OK)
    let joins = try (0..<4).map { _ in
      try ThreadTests.start {
        let status = falconet_trace_last(shared.handle, nil, nil, nil)
        if status == FALCONET_CANCELLED { cancelled.add() }
      }
    }
    #expect(eventually { reports.count > 0 })
    #expect(falconet_trace_free(trace) == FALCONET_BUSY)
    // Threads that begin after one cancellation are stopped by the next.
    let areCancelled = eventually {
      _ = falconet_trace_cancel(trace)
      return cancelled.count == 4
    }
    #expect(areCancelled)
    for join in joins { join() }
    // What is known is answered, whether or not a cancellation is still due.
    var hash = [UInt8](repeating: 0, count: 32)
    #expect(falconet_trace_prestate(trace, &hash, nil) == FALCONET_OK)
    #expect(falconet_trace_free(trace) == FALCONET_OK)
    withExtendedLifetime(reports) {}
  }

  @Test func `a directory of one revision is refused to another, as to another input`() throws {
    let folder = try TemporaryFolder()
    let machine = try HostileTests.machine()
    defer { falconet_machine_free(machine) }
    let path = folder.file("prestate.bin")
    #expect(falconet_machine_save(machine, path, FALCONET_FORMAT_AUTO) == FALCONET_OK)
    /// Opens the directory of a revision by a revision, from the file or from the machine.
    func open(_ directory: String, _ revision: String?, isFile: Bool) -> falconet_status {
      var trace: OpaquePointer?
      func open(_ name: UnsafePointer<CChar>?) -> falconet_status {
        var options = falconet_trace_options()
        options.revision = name
        return isFile
          ? falconet_trace_open(folder.file(directory), path, &options, &trace)
          : falconet_trace_open_machine(folder.file(directory), machine, &options, &trace)
      }
      let status = revision?.withCString { open($0) } ?? open(nil)
      guard status == FALCONET_OK else { return status }
      var (index, claim) = (UInt64(50), falconet_trace_claim())
      #expect(falconet_trace_claims(trace, &index, 1, &claim) == FALCONET_OK)
      #expect(falconet_trace_free(trace) == FALCONET_OK)
      return status
    }
    for isFile in [true, false] {
      let names = ["2026-06", "1.8.0", "1.7.0"]
      for own in names { #expect(open("t\(own)\(isFile)", own, isFile: isFile) == FALCONET_OK) }
      for own in names {
        for other in names + ["1.10.1"] where other != own {
          let expected =
            own == "1.8.0" && other == "1.10.1" ? FALCONET_OK : FALCONET_INVALID_ARGUMENT
          let status = open("t\(own)\(isFile)", other, isFile: isFile)
          #expect(status == expected, "\(own) \(other)")
          if status != FALCONET_OK {
            #expect(message.contains("the directory is of") && message.contains("revision \(own)"))
          }
        }
        // None is the newest: neither file nor machine says another.
        #expect(
          open("t\(own)\(isFile)", nil, isFile: isFile)
            == (own == "2026-06" ? FALCONET_OK : FALCONET_INVALID_ARGUMENT))
      }
      #expect(open("new", "0.1", isFile: isFile) == FALCONET_INVALID_ARGUMENT)
      #expect(folder.names.contains("new") == false)
    }
  }
}
