import FalconetForeignVM

extension ConformKit {
  func checkClones(_ reference: ReferenceRun) throws(Ended) {
    guard library.capabilities.contains(.clone) else { return skip("the VM has no clones") }
    try check("a clone goes on like the machine, and apart from it") {
      for step in reference.samples {
        let host = RecordingHost(program)
        let machine = try open(host.host)
        try machine.run(until: step)
        let clone = try machine.clone()
        try require(try clone.info() == machine.info(), "the clone is another machine", step: step)
        let heard = host.trail
        let keys = host.keys.count
        let other = RecordingHost(program)
        try clone.setHost(other.host)
        try clone.run(until: reference.end)
        try require(
          try clone.claim() == reference.claim, "the clone ends with another claim", step: step)
        try require(
          try machine.claim() == reference.claims[step], "the machine changed with its clone",
          step: step)
        try require(
          host.trail == heard && host.keys.count == keys,
          "the clone called the machine's callbacks", step: step)
        try machine.run(until: reference.end)
        try require(
          try machine.claim() == reference.claim, "the machine ends with another claim", step: step)
      }
    }
    try check("a clone stays where it is when its machine goes on") {
      for step in reference.samples {
        let machine = try open(at: step)
        let clone = try machine.clone()
        try machine.run(until: reference.end)
        try require(
          try clone.claim() == reference.claims[step], "the clone changed with the machine",
          step: step)
        try clone.setHost(RecordingHost(program).host)
        try clone.run(until: reference.end)
        try require(
          try clone.claim() == reference.claim, "the clone ends with another claim", step: step)
      }
    }
    try check("a clone has no callbacks") {
      let host = RecordingHost(program)
      let machine = try open(host.host)
      let clone = try machine.clone()
      let before = (host.trail, host.keys.count)
      func isCalled() -> Bool { host.trail != before.0 || host.keys.count != before.1 }
      _ = try? clone.run(until: reference.end)
      let isCalledByClone = isCalled()
      try machine.run(until: reference.end)
      // A program may call nothing.
      guard isCalled() else { return }
      try require(!isCalledByClone, "it called the machine's")
    }
    try check("a clone outlives its machine") {
      var machine: ForeignMachine? = try open(RecordingHost(program).host)
      let clone = try machine?.clone()
      machine = nil
      try clone?.setHost(RecordingHost(program).host)
      try clone?.run(until: reference.end)
      try require(try clone?.claim() == reference.claim, "it ends with another claim")
    }
  }
}
