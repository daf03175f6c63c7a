import ArgumentParser
import FalconetProofs
import FalconetStreams
import FalconetTrace

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "trace", usage: "<subcommand>",
    abstract: "Answer questions about a trace, and cache the answers in a directory.",
    discussion: """
      The index of a step is the number of steps executed before it. The claim at an index is \
      the one after that step. Past the end it is the claim of the state that exited.
      The command line of a pre-image server follows --.
      With --vm-library or --vm-program, the trace is of another VM: a library that implements \
      fpvm.h, or a program with Cannon's flags. claim, step, prestate, last, status and prune \
      take them. Such a directory belongs to one source of pre-images.
      """,
    examples: [
      "falconet trace claim --folder game --input state.bin.gz \\",
      "  --preimages preimages 4705328",
      "falconet trace claim --folder sums --input total.stk \\",
      "  --vm-library ./libstack.so --preimages preimages 100",
      "falconet trace last --folder game --input state.bin.gz --preimages preimages",
    ],
    subcommands: [
      TraceClaimCommand.self,
      TraceStepCommand.self,
      TracePrestateCommand.self,
      TraceLastCommand.self,
      TraceStatusCommand.self,
      TraceExportCommand.self,
      TraceAdoptCommand.self,
      TracePruneCommand.self,
      TraceDeleteCommand.self,
    ])
}

/// Indices that are asked for, and of which trace.
struct TraceQuestion: ParsableArguments {
  @OptionGroup var trace: TraceFolderOptions
  @OptionGroup var json: AlwaysJSON

  @Argument(
    help: ArgumentHelp(
      "Indices, or @FILE for those in a file; several are answered in one pass, in an array.",
      valueName: "index"))
  var indices: [String]

  // Argument-parser allows no second list of arguments.
  @Option(name: .customLong(ServerWords.flag), help: .hidden)
  var server: [String] = []

  /// Asks, and prints an object for each answer, with the members that `print` writes. The object
  /// stands alone if the question is one index, and in an array if it is several or a file's.
  func answer<Answer>(
    served: @escaping (ServedTrace, [UInt64]) throws(ServiceFailure) -> [Answer],
    _ ask: (TraceProvider, [UInt64]) throws(TraceError) -> [Answer],
    print: @escaping (Answer, JSONWriter) throws(StreamError) -> Void
  ) throws {
    let indices = try StepList.numbers(self.indices)
    func askService(_ service: ServedTrace) throws(ServiceFailure) -> [Answer] {
      try served(service, indices)
    }
    try trace.withProvider(server, served: askService) { (provider) throws(TraceError) in
      try ask(provider, indices)
    } print: { (answers, json) throws(StreamError) in
      try write(answers, json, print)
    }
  }

  /// As ``answer(_:print:)``, of another VM.
  func answerForeign<Answer>(
    _ ask: (ForeignTrace, [UInt64]) throws(TraceError) -> [Answer],
    print: @escaping (Answer, JSONWriter) throws(StreamError) -> Void
  ) throws {
    let indices = try StepList.numbers(self.indices)
    try trace.withForeignTrace(server) { (trace) throws(TraceError) in
      try ask(trace, indices)
    } print: { (answers, json) throws(StreamError) in
      try write(answers, json, print)
    }
  }

  private func write<Answer>(
    _ answers: [Answer], _ json: JSONWriter,
    _ print: (Answer, JSONWriter) throws(StreamError) -> Void
  ) throws(StreamError) {
    let isArray = indices.count > 1 || StepList.isFile(indices[0])
    if isArray { try json.beginArray() }
    for answer in answers {
      try json.object { () throws(StreamError) in try print(answer, json) }
    }
    if isArray { try json.endArray() }
  }
}

struct TraceClaimCommand: ParsableCommand, TakesServerWords {
  static let configuration = CommandConfiguration.command(
    "claim", under: "falconet trace",
    usage: "<index> ... --folder <directory> --input <snapshot> [<options>] [-- <server> ...]",
    abstract: "Print the claims at indices, as JSON.",
    discussion: "The command line of a pre-image server follows --.",
    examples: [
      "falconet trace claim --folder game --input state.bin.gz \\",
      "  --preimages preimages 4705328 99999999",
    ])

  @OptionGroup var question: TraceQuestion

  func run() throws {
    if question.trace.vm.isGiven { return try runForeign() }
    func served(_ service: ServedTrace, _ indices: [UInt64]) throws(ServiceFailure) -> [TraceClaim]
    {
      try service.claims(at: indices)
    }
    try question.answer(served: served) { (provider, indices) throws(TraceError) in
      try provider.claims(at: indices)
    } print: { (claim, json) throws(StreamError) in
      try json.member("index", claim.index)
      try json.member("claim", hex: claim.claim.bytes)
      try json.member("pastEnd", claim.isPastEnd)
    }
  }

  private func runForeign() throws {
    try question.answerForeign { (trace, indices) throws(TraceError) in
      try trace.claims(at: indices)
    } print: { (claim, json) throws(StreamError) in
      try json.member("index", claim.index)
      try json.member("claim", hex: claim.claim)
      try json.member("pastEnd", claim.isPastEnd)
    }
  }
}

struct TraceStepCommand: ParsableCommand, TakesServerWords {
  static let configuration = CommandConfiguration.command(
    "step", under: "falconet trace",
    usage: "<index> ... --folder <directory> --input <snapshot> [<options>] [-- <server> ...]",
    abstract: "Print the step data at indices: claims, witness, proofs, pre-image, as JSON.",
    discussion: "The command line of a pre-image server follows --.",
    examples: [
      "falconet trace step --folder game --input state.bin.gz \\",
      "  --preimages preimages --confirm 591664",
    ])

  @OptionGroup var question: TraceQuestion

  @Flag(
    help: """
      Confirm each answer: execute the steps before it with the plain step on a second machine, \
      compare the claims, and verify the proof.
      """)
  var confirm = false

  @Option(
    help: ArgumentHelp(
      "The most steps before a proof that --confirm executes a second time.", valueName: "count"))
  var confirmSteps = GoNumber(Confirmer.usualStretch)

  func run() throws {
    if question.trace.vm.isGiven { return try runForeign() }
    let confirms = confirm
    func served(
      _ service: ServedTrace, _ indices: [UInt64]
    ) throws(ServiceFailure) -> [(TraceStep, Confirmation?)] {
      guard !confirms else {
        throw ServiceFailure(description: "--confirm is for steps that are executed here")
      }
      return try service.steps(at: indices).map { ($0, nil) }
    }
    try question.answer(served: served) {
      (provider, indices) throws(TraceError) -> [(TraceStep, Confirmation?)] in
      if confirm {
        return try provider.confirmedStepData(at: indices, stretch: confirmSteps.value)
          .map { ($0.step, $0.confirmation) }
      }
      return try provider.stepData(at: indices).map { ($0, nil) }
    } print: { (answer: (TraceStep, Confirmation?), json) throws(StreamError) in
      let (step, confirmation) = answer
      try json.member("index", step.index)
      try json.member("pastEnd", step.isPastEnd)
      try step.proof.writeMembers(to: json)
      guard let confirmation else { return }
      try json.member("confirmation") { () throws(StreamError) in
        try json.member("from", confirmation.from)
        try json.member("steps", confirmation.steps)
        try json.member("milliseconds", confirmation.milliseconds)
      }
    }
  }

  private func runForeign() throws {
    guard !confirm else {
      throw UsageError(
        "--confirm needs Falconet's plain step: verify --vm-library verifies a proof")
    }
    try question.answerForeign { (trace, indices) throws(TraceError) in
      try trace.steps(at: indices)
    } print: { (step, json) throws(StreamError) in
      try json.member("index", step.index)
      try json.member("pastEnd", step.isPastEnd)
      try step.proof.writeMembers(to: json)
    }
  }
}

struct TracePrestateCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "prestate", under: "falconet trace",
    usage: "--folder <directory> --input <snapshot> [<options>]",
    abstract: "Print the claim and the witness of the prestate, as JSON.",
    examples: [
      "falconet trace prestate --folder game --input state.bin.gz"
    ])

  @OptionGroup var trace: TraceFolderOptions
  @OptionGroup var json: AlwaysJSON

  func run() throws {
    if trace.vm.isGiven {
      return try trace.withForeignTrace([]) { (trace) throws(TraceError) in
        (trace.prestateClaim, trace.prestateWitness)
      } print: { (prestate, json) throws(StreamError) in
        try write(prestate.0, prestate.1, json)
      }
    }
    try trace.withProvider([]) { (provider) throws(TraceError) in
      (provider.prestateClaim, provider.prestateWitness)
    } print: { (prestate, json) throws(StreamError) in
      try write(prestate.0.bytes, prestate.1, json)
    }
  }

  private func write(
    _ claim: [UInt8], _ witness: [UInt8], _ json: JSONWriter
  ) throws(StreamError) {
    try json.object { () throws(StreamError) in
      try json.member("claim", hex: claim)
      try json.member("witness", hex: witness)
    }
  }
}

struct TraceLastCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "last", under: "falconet trace",
    usage: "--folder <directory> --input <snapshot> [<options>] [-- <server> ...]",
    abstract: """
      Print the index, claim and witness of the last step, as JSON; run to it if necessary.
      """,
    examples: [
      "falconet trace last --folder game --input state.bin.gz --preimages preimages"
    ])

  @OptionGroup var trace: TraceFolderOptions
  @OptionGroup var json: AlwaysJSON

  @Argument(parsing: .postTerminator, help: "Command line of a pre-image server, after --.")
  var server: [String] = []

  func run() throws {
    if trace.vm.isGiven { return try runForeign() }
    func served(_ service: ServedTrace) throws(ServiceFailure) -> TraceEnd {
      try service.last()
    }
    try trace.withProvider(server, served: served) { (provider) throws(TraceError) in
      try provider.lastStep()
    } print: { (end, json) throws(StreamError) in
      try json.object { () throws(StreamError) in
        try json.member("index", end.index)
        try json.member("claim", hex: end.claim.bytes)
        try json.member("witness", hex: end.witness)
      }
    }
  }

  private func runForeign() throws {
    try trace.withForeignTrace(server) { (trace) throws(TraceError) in
      try trace.lastStep()
    } print: { (end, json) throws(StreamError) in
      try json.object { () throws(StreamError) in
        try json.member("index", end.index)
        try json.member("claim", hex: end.claim)
        try json.member("witness", hex: end.witness)
        if let exitCode = end.exitCode { try json.member("exitCode", exitCode) }
      }
    }
  }
}
