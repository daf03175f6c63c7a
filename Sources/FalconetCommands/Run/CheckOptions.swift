import ArgumentParser
import FalconetProofs
import FalconetRun

/// What is checked on the way of a run.
struct CheckOptions: ParsableArguments {
  @Flag(
    help: """
      Confirm each proof before it is written: execute the steps before it with the plain step \
      on a second machine, compare the claims, and verify the proof.
      """)
  var confirm = false

  @Option(
    help: ArgumentHelp(
      "The most steps before a proof that --confirm executes a second time.", valueName: "count"))
  var confirmSteps = GoNumber(Confirmer.usualStretch)

  @Option(
    help: ArgumentHelp(
      """
      Command line, quoted as in a shell, of another VM with Cannon's commands. It executes a sample \
      of the steps, and the run ends with an error if a claim differs.
      """, valueName: "command"))
  var shadow: String?

  @Option(help: ArgumentHelp("Steps that --shadow also proves.", valueName: "steps"))
  var shadowAt: [String] = []

  @Option(
    help: ArgumentHelp(
      "The most steps that --shadow executes before each of them.", valueName: "count"))
  var shadowSteps = GoNumber(1_000_000)

  @Option(
    help: ArgumentHelp(
      "How long --shadow may take each time, such as 90s or 15m; 0 is no limit.", valueName: "time")
  )
  var shadowTimeout = TimeSpan(seconds: 900)

  func plan(_ plan: RunPlan) throws -> CheckPlan {
    if confirm, plan.proofs.patterns.isEmpty {
      throw UsageError("--confirm confirms proofs: ask for some with --proof-at")
    }
    let words = try shadow.map { try CommandWords.program($0, flag: "--shadow") } ?? []
    let patterns = try StepPatterns(shadowAt)
    guard words.isEmpty == patterns.patterns.isEmpty else {
      throw UsageError("--shadow and --shadow-at need one another: a program, and steps for it")
    }
    var checks = CheckPlan()
    checks.confirms = confirm
    checks.confirmSteps = confirmSteps.value
    checks.shadowAt = patterns
    if !words.isEmpty {
      checks.shadow = ShadowPlan(
        program: words, steps: shadowSteps.value,
        timeout: shadowTimeout.seconds == 0
          ? nil : .seconds(Int64(clamping: min(shadowTimeout.seconds, 1 << 40))))
    }
    return checks
  }
}

/// What is checked on the way of a run, and when.
struct CheckPlan {
  var confirms = false
  var confirmSteps = Confirmer.usualStretch
  var shadow: ShadowPlan?
  var shadowAt = StepPatterns.never
}

struct ShadowPlan {
  var program: [String]
  var steps: UInt64
  var timeout: Duration?
}
