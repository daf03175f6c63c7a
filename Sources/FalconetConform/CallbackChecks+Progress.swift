import CFPVM
import FalconetForeignVM

extension ConformKit {
  // MARK: Progress

  func checkProgress(_ reference: ReferenceRun) throws(Ended) {
    let start = reference.samples.first ?? 0
    for interval: UInt64 in [1, 7, 100] {
      try check("progress is reported about every \(interval) steps") {
        var host = RecordingHost(program).host
        var steps: [UInt64] = []
        host.progress = {
          steps.append($0)
          return true
        }
        host.progressInterval = interval
        let machine = try open(host)
        try machine.run(until: reference.end)
        try require(
          try machine.claim() == reference.claim, "with progress the run ends with another claim")
        try require(
          steps == steps.sorted() && steps.allSatisfy { $0 >= start && $0 <= reference.end },
          "reports of steps that are not in the run, or not in order")
        var last = start
        for step in steps + [reference.end] {
          let (most, overflow) = interval.addingReportingOverflow(library.progressLimit)
          try require(
            overflow || step - last <= most, "no report between steps \(last) and \(step)",
            step: last)
          if step != reference.end {
            try require(
              step == start || step - last >= interval, "a report at step \(step), too early",
              step: step)
          }
          last = step
        }
      }
    }
    try check("the progress callback can stop a run") {
      var host = RecordingHost(program).host
      var stops: [UInt64] = []
      host.progress = {
        stops.append($0)
        return false
      }
      host.progressInterval = 1
      let machine = try open(host)
      var rounds = 0
      while rounds < 64 {
        rounds += 1
        stops = []
        let stop = try machine.run(until: reference.end)
        guard let step = stops.first else { break }
        try require(stop == .callback, "it stopped for \(stop)", step: step)
        try require(
          try machine.info().step == step, "it stopped at step \(try machine.info().step)",
          step: step)
      }
      // With such a limit a VM need not report at all.
      guard rounds > 1 else { return }
      try requireGoesOn(machine, try machine.info().step, reference)
    }
  }

  // MARK: Calls from callbacks

  func checkReentry(_ reference: ReferenceRun) throws(Ended) {
    try check("a call from a callback of the machine is refused, and one for another is not") {
      let other = try open(RecordingHost(program).host)
      var found: [(String, Int32)] = []
      var othersFail = false
      let host = RecordingHost(program)
      var calling = host.host
      weak var weakMachine: ForeignMachine?
      let call = { [self] in
        guard let machine = weakMachine, found.isEmpty else { return }
        found = reenter(machine)
        othersFail = status { _ = try other.claim() } != FPVM_OK
      }
      calling.preimage = { key in
        call()
        return host.host.preimage?(key) ?? .missing
      }
      calling.hint = { hint in
        call()
        return host.host.hint?(hint) ?? .goOn
      }
      calling.output = { stream, bytes in
        call()
        host.host.output?(stream, bytes)
      }
      calling.progress = { _ in
        call()
        return true
      }
      calling.progressInterval = 1
      let machine = try open(calling)
      weakMachine = machine
      try machine.run(until: reference.end)
      // A program may call nothing.
      guard !found.isEmpty else { return }
      for (name, status) in found {
        try require(
          status == FPVM_BUSY, "\(name): \(ForeignError.name(of: status)), not FPVM_BUSY")
      }
      try require(!othersFail, "a call for another machine fails")
      try require(
        try machine.claim() == reference.claim, "calls from callbacks have changed the run")
    }
  }

  /// The statuses of calls for a machine.
  private func reenter(_ machine: ForeignMachine) -> [(String, Int32)] {
    let (table, one) = (library.table.pointee, machine.handle)
    var result = [
      ("info", status { _ = try machine.info() }),
      ("claim", status { _ = try machine.claim() }),
      ("witness", status { _ = try machine.witness() }),
      ("save_state", status { _ = try machine.state() }),
      ("run", status { _ = try machine.run(until: 0) }),
      ("set_callbacks", table.set_callbacks(one, nil, nil)),
      ("free_machine", table.free_machine(one)),
    ]
    if table.prove != nil { result.append(("prove", status { _ = try machine.prove() })) }
    if table.clone != nil { result.append(("clone", status { _ = try machine.clone() })) }
    if table.describe != nil { result.append(("describe", status { _ = try machine.describe() })) }
    return result
  }
}
