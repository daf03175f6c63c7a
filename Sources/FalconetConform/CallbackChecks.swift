import CFPVM
import FalconetForeignVM

extension ConformKit {
  func checkCallbacks(_ reference: ReferenceRun) throws(Ended) {
    try checkReads(reference)
    try checkHints(reference)
    try checkProgress(reference)
    try checkReentry(reference)
  }

  // MARK: Pre-images

  /// The steps that ask for a pre-image, at most some, as a machine at the step and the key.
  private func reads(_ reference: ReferenceRun) throws -> [(step: UInt64, key: [UInt8])] {
    var found: [(UInt64, [UInt8])] = []
    for step in reference.samples where found.count < 6 {
      let host = RecordingHost(program)
      // From a saved state, so that nothing which was read before is known.
      let machine = try library.loadState(try open(at: step).state())
      try machine.setHost(host.host)
      try machine.run(until: step + 1)
      if let key = host.keys.first { found.append((step, key)) }
    }
    return found
  }

  private func checkReads(_ reference: ReferenceRun) throws(Ended) {
    var found: [(step: UInt64, key: [UInt8])] = []
    try check("steps that read are found", counts: false) { found = try reads(reference) }
    guard !found.isEmpty else { return skip("\(program.name) reads no pre-image") }
    func fails(
      _ name: String, _ answer: @escaping ([UInt8]) -> ForeignHost.Answer
    ) throws(Ended) {
      try check(name) {
        for (step, key) in found {
          var host = RecordingHost(program).host
          host.preimage = answer
          let machine = try library.loadState(try open(at: step).state())
          try machine.setHost(host)
          let status = status { try machine.run(until: reference.end) }
          try require(
            status == FPVM_PREIMAGE,
            "\(hex(key)): \(ForeignError.name(of: status)), not FPVM_PREIMAGE", step: step)
          try requireUnchanged(machine, step, reference)
          try requireGoesOn(machine, step, reference)
        }
      }
    }
    try fails("a missing pre-image is an error that says nothing of the claim") { _ in .missing }
    try fails("a pre-image that cannot be had is such an error") { _ in .failed }
    try check("no callback for pre-images is such an error") {
      for (step, _) in found {
        let machine = try library.loadState(try open(at: step).state())
        let status = status { try machine.run(until: reference.end) }
        try require(
          status == FPVM_PREIMAGE, "\(ForeignError.name(of: status)), not FPVM_PREIMAGE", step: step
        )
        try requireUnchanged(machine, step, reference)
      }
    }
    try check("a pre-image that cannot be had is no proof") {
      guard library.capabilities.contains(.prove), let (step, _) = found.first else { return }
      let machine = try library.loadState(try open(at: step).state())
      let status = status { _ = try machine.prove() }
      try require(
        status == FPVM_PREIMAGE, "\(ForeignError.name(of: status)), not FPVM_PREIMAGE", step: step)
      try requireUnchanged(machine, step, reference)
    }
    try check("the pre-image callback can stop a run") {
      for (step, _) in found {
        var host = RecordingHost(program).host
        host.preimage = { _ in .stop }
        let machine = try library.loadState(try open(at: step).state())
        try machine.setHost(host)
        let stop = try machine.run(until: reference.end)
        try require(stop == .callback, "it stopped for \(stop)", step: step)
        try requireUnchanged(machine, step, reference)
        if library.capabilities.contains(.prove) {
          let status = status { _ = try machine.prove() }
          try require(
            status == FPVM_STOP, "a proof: \(ForeignError.name(of: status)), not FPVM_STOP",
            step: step)
          try requireUnchanged(machine, step, reference)
        }
        try requireGoesOn(machine, step, reference)
      }
    }
    try check("a pre-image is not used after the call") {
      let host = RecordingHost(program)
      let machine = try open(host.host)
      for step in reference.samples {
        try machine.run(until: step)
        machine.spoilAnswer()
      }
      try machine.run(until: reference.end)
      try require(
        try machine.claim() == reference.claim, "the run depends on bytes that have been freed")
    }
    guard library.capabilities.contains(.stopAtRead) else {
      return skip("the VM does not stop at reads")
    }
    try check("a run can stop at reads") {
      for (step, _) in found {
        let machine = try library.loadState(try open(at: step).state())
        try machine.setHost(RecordingHost(program).host)
        let stop = try machine.run(until: reference.end, stopsAtReads: true)
        try require(stop == .read, "it stopped for \(stop)", step: step)
        try require(
          try machine.info().step == step + 1, "it stopped at step \(try machine.info().step)",
          step: step)
      }
      let machine = try open(RecordingHost(program).host)
      var rounds = 0
      while rounds < 10_000, try machine.run(until: reference.end, stopsAtReads: true) == .read {
        rounds += 1
      }
      try require(
        try machine.claim() == reference.claim, "with stops at reads it ends with another claim")
    }
  }

  private func requireUnchanged(
    _ machine: ForeignMachine, _ step: UInt64, _ reference: ReferenceRun
  ) throws {
    try require(
      try machine.info().step == step,
      "the machine is at step \(try machine.info().step) after a step that was not executed",
      step: step)
    try require(
      try machine.claim() == reference.claims[step],
      "a step that was not executed has changed the machine", step: step)
  }

  /// With its own host the machine ends as the program does.
  func requireGoesOn(
    _ machine: ForeignMachine, _ step: UInt64, _ reference: ReferenceRun
  ) throws {
    try machine.setHost(RecordingHost(program).host)
    try machine.run(until: reference.end)
    try require(
      try machine.claim() == reference.claim, "it goes on to another end", step: step)
  }

  // MARK: Hints

  private func checkHints(_ reference: ReferenceRun) throws(Ended) {
    guard !reference.trail.hints.isEmpty else { return skip("\(program.name) gives no hints") }
    /// A machine whose first hint gets an answer, with the step before that.
    func machine(_ wish: ForeignHost.Wish) throws -> (ForeignMachine, UInt64) {
      let first = try open(nil).info().step
      var step = first
      let host = RecordingHost(program)
      let machine = try open(host.host)
      while host.trail.hints.isEmpty, step < reference.end {
        step += 1
        try machine.run(until: step)
      }
      let again = try open(at: step - 1)
      var refusing = RecordingHost(program).host
      refusing.hint = { _ in wish }
      try again.setHost(refusing)
      return (again, step - 1)
    }
    try check("a hint that fails ends the run before its step") {
      let (machine, step) = try machine(.fail)
      let claim = try machine.claim()
      let status = status { try machine.run(until: reference.end) }
      try require(
        status == FPVM_CALLBACK, "\(ForeignError.name(of: status)), not FPVM_CALLBACK", step: step)
      try require(try machine.claim() == claim, "the machine has changed", step: step)
      try requireGoesOn(machine, step, reference)
    }
    try check("the hint callback can stop a run") {
      let (machine, step) = try machine(.stop)
      let claim = try machine.claim()
      let stop = try machine.run(until: reference.end)
      try require(stop == .callback, "it stopped for \(stop)", step: step)
      try require(try machine.claim() == claim, "the machine has changed", step: step)
      try requireGoesOn(machine, step, reference)
    }
    try check("a run without callbacks drops hints and output") {
      var host = ForeignHost()
      host.preimage = RecordingHost(program).host.preimage
      let machine = try open(host)
      try machine.run(until: reference.end)
      try require(try machine.claim() == reference.claim, "it ends with another claim")
    }
  }
}
