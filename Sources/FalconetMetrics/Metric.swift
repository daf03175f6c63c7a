import FalconetMachine
import FalconetOracle

/// A metric: a row of the table of all of them.
package struct Metric: Sendable {
  package enum Kind: String, Sendable {
    /// It only grows while a process runs.
    case counter
    case gauge
  }

  /// A value, and the labels that tell it from others of the metric.
  package struct Sample: Sendable {
    package var labels: [(name: String, value: String)] = []
    package let value: Value

    init(_ value: Value, _ labels: (name: String, value: String)...) {
      self.value = value
      self.labels = labels
    }
  }

  package enum Value: Sendable {
    case count(UInt64)
    case number(Double)
  }

  package let name: String
  package let kind: Kind
  /// What it is: a sentence.
  package let help: String
  /// The samples of a moment; none if nothing is known.
  package let read: @Sendable (RunReading) -> [Sample]

  init(
    _ name: String, _ kind: Kind, _ help: String,
    _ read: @escaping @Sendable (RunReading) -> [Sample]
  ) {
    self.name = name
    self.kind = kind
    self.help = help
    self.read = read
  }

  // MARK: The table

  /// All metrics, in the order in which they are written.
  package static let all: [Metric] = run + preimages + plans

  private static let run = [
    Metric("falconet_info", .gauge, "The release that runs.") {
      [Sample(.count(1), ("version", $0.version))]
    },
    Metric("falconet_running", .gauge, "Whether the run goes on: 1, or 0 after its end.") {
      [Sample(.count($0.isRunning ? 1 : 0))]
    },
    Metric("falconet_vm_step", .gauge, "The step that the machine is at.") {
      [Sample(.count($0.step))]
    },
    Metric("falconet_vm_steps_total", .counter, "Steps that the process has executed.") {
      [Sample(.count($0.executedSteps))]
    },
    Metric(
      "falconet_vm_steps_per_second", .gauge,
      "Steps executed per second, waits for the host left out."
    ) { reading in
      let seconds = reading.executing / .seconds(1)
      return [Sample(.number(seconds > 0 ? Double(reading.executedSteps) / seconds : 0))]
    },
    Metric("falconet_vm_pages", .gauge, "Pages of the guest's memory.") {
      $0.pages.map { [Sample(.count(UInt64($0)))] } ?? []
    },
    Metric("falconet_vm_memory_used_bytes", .gauge, "Bytes of the guest's pages.") {
      $0.pages.map { [Sample(.count(UInt64($0) * 4096))] } ?? []
    },
    Metric(
      "falconet_vm_execution_time_seconds_total", .counter,
      "Time since the run began, waits for the host left out."
    ) { [Sample(.number($0.executing / .seconds(1)))] },
  ]

  private static let preimages = [
    Metric(
      "falconet_preimage_wait_seconds_total", .counter, "Time that the run has waited for its host."
    ) { [Sample(.number($0.waited / .seconds(1)))] },
    Metric(
      "falconet_preimage_current_wait_seconds", .gauge,
      "How long the present request has waited for the host; 0 if none waits."
    ) { reading in
      let wait = reading.preimages.wait.map { max(reading.now - $0.since, .zero) } ?? .zero
      return [Sample(.number(wait / .seconds(1)))]
    },
    Metric(
      "falconet_preimage_requests_total", .counter,
      "Pre-images that the run got, by the type of their keys and by what served them."
    ) { reading in counts(reading) { $0.requests } },
    Metric(
      "falconet_preimage_bytes_total", .counter,
      "Bytes of pre-images that the run got, by the type of their keys and by what served them."
    ) { reading in counts(reading) { $0.bytes } },
    Metric("falconet_hints_total", .counter, "Hints that the host got.") {
      [Sample(.count($0.preimages.hints.requests))]
    },
    Metric("falconet_hint_bytes_total", .counter, "Bytes of hints that the host got.") {
      [Sample(.count($0.preimages.hints.bytes))]
    },
    Metric("falconet_host_starts_total", .counter, "How often a host was started.") {
      [Sample(.count($0.preimages.starts))]
    },
    Metric(
      "falconet_host_restarts_total", .counter,
      "How often a host was started in place of one that failed."
    ) { [Sample(.count($0.preimages.restarts))] },
    Metric(
      "falconet_preimage_last_error", .gauge,
      "1 for the kind of error of the last request that failed, if any did."
    ) { $0.preimages.lastFailure.map { [Sample(.count(1), ("kind", name($0)))] } ?? [] },
  ]

  private static let plans = [
    plan(
      "falconet_prefetch_planned", .gauge, "Pre-images that the plan names and that were missing."
    ) {
      $0.planned
    },
    plan("falconet_prefetch_preimages_total", .counter, "Pre-images that were fetched ahead.") {
      $0.fetched
    },
    plan("falconet_prefetch_bytes_total", .counter, "Bytes of pre-images that were fetched ahead.")
    {
      $0.bytes
    },
    plan(
      "falconet_prefetch_used_total", .counter,
      "Pre-images that were fetched ahead and that the run asked for."
    ) { $0.used },
    plan(
      "falconet_prefetch_failures_total", .counter,
      "Requests that hosts which fetch ahead did not answer."
    ) { $0.failed },
    plan("falconet_prefetch_hosts", .gauge, "Hosts that fetch ahead now.") { $0.hosts },
  ]

  private static func plan(
    _ name: String, _ kind: Kind, _ help: String,
    _ value: @escaping @Sendable (PrefetchRecord) -> UInt64
  ) -> Metric {
    Metric(name, kind, help) { reading in
      reading.preimages.prefetch.map { [Sample(.count(value($0)))] } ?? []
    }
  }

  private static func counts(
    _ reading: RunReading, _ value: (PreimageActivity.Count) -> UInt64
  ) -> [Sample] {
    PreimageKeyType.allCases.filter { $0 != .global }.flatMap { type in
      PreimageActivity.Place.allCases.map { place in
        Sample(
          .count(value(reading.preimages.count(type.rawValue, from: place))),
          ("type", name(type)), ("source", place.rawValue))
      }
    }
  }

  private static func name(_ type: PreimageKeyType) -> String {
    switch type {
    case .local: "local"
    case .keccak256: "keccak"
    case .global: "global"
    case .sha256: "sha256"
    case .blob: "blob"
    case .precompile: "precompile"
    }
  }

  private static func name(_ kind: PreimageError.Kind) -> String {
    switch kind {
    case .missing: "missing"
    case .wrong: "wrong"
    case .stalled: "stalled"
    case .disconnected: "disconnected"
    case .unreadable: "unreadable"
    case .noSource: "no_source"
    case .hintLimit: "hint_limit"
    case .interrupted: "interrupted"
    }
  }
}
