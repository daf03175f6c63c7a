import FalconetOracle

/// What is known of a run at one moment: what all metrics are read from.
package struct RunReading: Sendable {
  /// The release that runs.
  package var version = ""
  /// Whether the run goes on.
  package var isRunning = true
  /// The step that the machine is at.
  package var step: UInt64 = 0
  /// Steps executed by this process.
  package var executedSteps: UInt64 = 0
  /// The guest's pages; nil if they are not known.
  package var pages: Int?
  /// Time since the run began, waits included.
  package var elapsed = Duration.zero
  /// What its source of pre-images did.
  package var preimages = PreimageActivity.Record()
  /// The moment.
  package var now = ContinuousClock.now

  package init() {}

  /// How long the run has waited for its host.
  var waited: Duration { preimages.waited(until: now) }

  /// Time that was not spent waiting for the host.
  var executing: Duration { max(elapsed - waited, .zero) }
}
