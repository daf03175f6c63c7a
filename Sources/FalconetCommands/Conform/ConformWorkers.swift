import FalconetConform
import FalconetLibc
import FalconetSystem
import SystemPackage

/// What the kit found of a VM.
struct ConformResult {
  var name = ""
  var version = ""
  var report = ConformReport()
  /// Whether programs must end the same in each process.
  fileprivate var comparesEnds = true

  fileprivate init(_ areas: [ConformArea]) { comparesEnds = areas.contains(.determinism) }
}

/// Checks a VM in processes of their own: code that is loaded into a process can end it.
struct ConformWorkers {
  /// The command line of a worker: the areas stand between the two parts.
  let arguments: (before: [String], after: [String])
  /// Whether the VM is in the worker's process. A worker that calls programs sees to their time.
  let watchesChecks: Bool
  /// The most time that a check may take; nil leaves it to the workers.
  let checkTime: Duration?

  private static let longest = Duration.seconds(60)

  /// Checks each area in a process of its own.
  func check(_ areas: [ConformArea]) throws(CommandError) -> ConformResult {
    var result = ConformResult(areas)
    for area in ConformArea.allCases where areas.contains(area) {
      try check([area], [], .fixed(checkTime ?? Self.longest), &result)
      // No area would get further.
      let ends = result.report.failures.last?.check == ConformKit.programRuns
      if ends, arguments.after.count <= 2 { break }
    }
    return result
  }

  /// Checks until something fails. Since that ends it, a process has many areas.
  ///
  /// - Parameter hasFirstLook: look at little of each area before all of any, so that most faults show soon. This
  ///   takes some processes, since a fault that depends on where things lie in memory shows in some of them.
  func checkUntilFailure(
    _ areas: [ConformArea], hasFirstLook: Bool
  ) throws(CommandError) -> ConformResult {
    var result = ConformResult(areas)
    guard hasFirstLook else {
      try check(areas, ["--fail-fast"], .fixed(checkTime ?? Self.longest), &result)
      return result
    }
    var used = Duration.zero
    for (look, parts) in [
      (ConformKit.Look.first, ConformArea.partsOfFirstLook), (.rest, ConformArea.partsOfRest),
    ] {
      // The rest tells all checks, so that it alone is the report.
      result.report = ConformReport(after: result.report)
      for part in parts {
        let limit = checkTime.map { CheckWatch.Limit.fixed($0) } ?? .growing(earlier: used)
        used += try check(
          part.filter(areas.contains), ["--fail-fast", "--look", look.rawValue], limit, &result)
        guard result.report.failures.isEmpty else { return result }
      }
    }
    return result
  }

  /// Checks areas in one process.
  ///
  /// - Returns: the processor time that it took.
  @discardableResult
  private func check(
    _ areas: [ConformArea], _ flags: [String], _ limit: CheckWatch.Limit,
    _ result: inout ConformResult
  ) throws(CommandError) -> Duration {
    guard var area = areas.first else { return .zero }
    let command =
      [OwnProgram.path] + arguments.before + flags + areas.flatMap { ["--area", $0.rawValue] }
      + arguments.after
    let (process, pipe) = try start(command)
    defer {
      close(pipe.rawValue)
      process.reap()
    }
    var messages = ConformMessages()
    var isDone = false
    var watch = CheckWatch(group: process.id, limit: limit)
    while true {
      _ = PipeIO.wait(
        for: [
          (pipe.rawValue, Int32(POLLIN)), (Interruption.descriptor, Int32(POLLIN)),
        ], atMost: CheckWatch.interval)
      guard Interruption.cause == nil else {
        stop(process)
        throw .interrupted
      }
      var bytes: [UInt8] = []
      switch PipeIO.read(pipe, into: &bytes, atMost: PipeIO.chunkSize) {
      case .moved: messages.append(bytes)
      case .wouldBlock:
        guard watchesChecks, let complaint = watch.complaint() else { continue }
        stop(process)
        fail(area, complaint + "; --check-time allows more", &result)
        return watch.used
      case .closed, .failed:
        // The VM may have closed the descriptor and go on.
        let status = end(of: process)
        if status == nil { stop(process) }
        guard isDone, status == .exited(code: 0) else {
          let end = status.map { "\($0)" } ?? "closed a file that is not its own"
          // It ended as it should, but its last words are missing.
          let isEarly = !isDone && status == .exited(code: 0)
          fail(area, end + (isEarly ? " before all was checked" : ""), &result)
          return watch.used
        }
        watch.read()
        return watch.used
      }
      while let message = messages.next() {
        switch message {
        case .loaded(let name, let version): (result.name, result.version) = (name, version)
        case .refused(let reason):
          stop(process)
          throw CommandError("failed to check the VM: \(reason)")
        case .event(let event):
          switch event {
          case .began(let next, _, _):
            area = next
            watch.begin()
          case .tries: watch.begin()
          case .ended where !result.comparesEnds: continue
          case .held, .untested, .known, .ended, .failed, .skipped: break
          }
          result.report.add(event)
        case .done: isDone = true
        }
      }
    }
  }

  /// The end of a process that did not check all.
  private func fail(_ area: ConformArea, _ what: String, _ result: inout ConformResult) {
    let check = result.report.unfinished
    result.report.add(
      .failed(
        ConformFailure(
          area: check?.area ?? area, check: check?.name ?? "the VM survives the area",
          message: "the process with the VM \(what)", program: check?.program ?? "",
          input: result.report.tried)))
  }

  /// How a process that has nothing more to tell ends; nil if it does not.
  private func end(of process: ChildProcess) -> ExitStatus? {
    var clock = GroupClock(group: process.id)
    while !clock.isOver(.seconds(5)) {
      if let status = process.waitForExit(atMost: CheckWatch.interval) { return status }
      clock.read()
    }
    return nil
  }

  private func stop(_ process: ChildProcess) {
    process.signalGroup(SIGKILL)
    _ = process.waitForExit(atMost: .seconds(10))
  }

  /// Starts a worker.
  ///
  /// - Returns: what it tells on descriptor 3. What the VM writes to its standard streams goes to the log.
  private func start(_ command: [String]) throws(CommandError) -> (ChildProcess, FileDescriptor) {
    do {
      let pipe = try PipeIO.make()
      let log: FileDescriptor
      do throws(Errno) { log = try PipeIO.moved(.standardError) } catch {
        for end in [pipe.read, pipe.write] { close(end.rawValue) }
        throw error
      }
      defer { for end in [pipe.write, log] { close(end.rawValue) } }
      do {
        let (id, guardian) = try ProcessSpawner.spawn(
          command, descriptors: [log, log, pipe.write], environment: [])
        PipeIO.makeNonBlocking(pipe.read)
        return (ChildProcess(id: id, guardian: guardian), pipe.read)
      } catch {
        close(pipe.read.rawValue)
        throw error
      }
    } catch {
      throw CommandError("failed to check in a process of its own: \(error)")
    }
  }
}
