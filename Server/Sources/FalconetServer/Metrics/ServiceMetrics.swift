import Falconet

/// What the service tells Prometheus: the table of its metrics, and their text.
enum ServiceMetrics {
  struct Row: Sendable {
    let name: String
    let kind: String
    let help: String
    let read: @Sendable (Reading) -> [(labels: [(String, String)], value: Double)]

    init(
      _ name: String, _ kind: String, _ help: String,
      _ read: @escaping @Sendable (Reading) -> [(labels: [(String, String)], value: Double)]
    ) {
      (self.name, self.kind, self.help, self.read) = (name, kind, help, read)
    }

    init(
      _ name: String, _ kind: String, _ help: String,
      value: @escaping @Sendable (Reading) -> Double
    ) {
      self.init(name, kind, help) { [([], value($0))] }
    }
  }

  /// What is known at a moment.
  struct Reading: Sendable {
    let service: Service
    let games: [Game]
    let counts: [Game.Counts]
    let scheduler: Scheduler.Reading
    let requests: Responder.Counts

    init(_ service: Service, _ requests: Responder.Counts) {
      self.service = service
      games = service.games
      counts = games.map(\.counts) + [service.deletedCounts]
      scheduler = service.scheduler.reading
      self.requests = requests
    }

    func sum(_ value: (Game.Counts) -> UInt64) -> Double { Double(counts.map(value).reduce(0, +)) }
  }

  static let all: [Row] = [
    Row("falconet_server_uptime_seconds", "gauge", "Time since the service started.") {
      ContinuousClock.now.seconds(since: $0.service.started)
    },
    Row("falconet_server_ready", "gauge", "Whether the service takes questions: 1 or 0.") {
      $0.service.isReady ? 1 : 0
    },
    Row("falconet_server_games", "gauge", "Games, open or not.") { Double($0.games.count) },
    Row("falconet_server_games_limit", "gauge", "The most games that there may be.") {
      Double($0.service.limits.games)
    },
    Row("falconet_server_open_games", "gauge", "Games whose trace is in memory.") {
      Double($0.games.count(where: \.isOpen))
    },
    Row("falconet_server_closed_games_total", "counter", "Games that were closed to make room.") {
      Double($0.service.evictions)
    },
    Row("falconet_server_prestates", "gauge", "Prestates.") {
      Double($0.service.prestates.all.count)
    },
    Row("falconet_server_threads", "gauge", "Threads that answer questions.") {
      Double($0.service.scheduler.threadCount)
    },
    Row("falconet_server_busy_threads", "gauge", "Threads that answer a question now.") {
      Double($0.scheduler.busy)
    },
    Row(
      "falconet_server_slow_hosts", "gauge",
      "Questions that wait for a slow host, and gave their thread's place to others."
    ) { Double($0.scheduler.slow) },
    Row("falconet_server_waiting_questions", "gauge", "Questions that wait for a thread.") {
      Double($0.scheduler.waiting)
    },
    Row(
      "falconet_server_questions_total", "counter", "Questions, by what became of them."
    ) {
      [
        ([("outcome", "known")], $0.sum(\.known)),
        ([("outcome", "answered")], Double($0.scheduler.answered)),
        ([("outcome", "failed")], Double($0.scheduler.failed)),
        ([("outcome", "joined")], Double($0.scheduler.joined)),
      ]
    },
    Row(
      "falconet_server_late_answers_total", "counter",
      "Questions that ended after their own deadlines."
    ) { Double($0.scheduler.late) },
    Row(
      "falconet_server_game_deadline_seconds", "gauge",
      "Time until a game's clock runs out or an answer of it is due, if either was said; negative after that."
    ) { reading in
      reading.games.compactMap { game in
        game.nextDeadline.map {
          (
            [("game", game.id), ("label", game.record.label ?? "")],
            $0.seconds(since: .now)
          )
        }
      }
    },
    Row(
      "falconet_server_answering_seconds_total", "counter",
      "Time that threads spent on questions, waits for hosts included."
    ) { $0.scheduler.seconds },
    Row("falconet_server_executed_steps_total", "counter", "Steps that were executed.") {
      $0.sum(\.executedSteps)
    },
    Row(
      "falconet_server_client_preimages_total", "counter", "Pre-images that clients served."
    ) { $0.sum(\.preimages) },
    Row(
      "falconet_server_client_wait_seconds_total", "counter",
      "Time that questions waited for their clients' hosts."
    ) { $0.counts.map { $0.hostWait / .seconds(1) }.reduce(0, +) },
    Row(
      "falconet_server_longest_host_wait_seconds", "gauge",
      "The longest time that a question has waited for its host now."
    ) { reading in
      (reading.games.compactMap { $0.running?.hostWait }.max() ?? .zero) / .seconds(1)
    },
    Row(
      "falconet_server_confirmations_total", "counter",
      "Answers that were executed a second time, by what came of it."
    ) { reading in
      Confirmations.Outcome.allCases.map {
        ([("outcome", $0.rawValue)], Double(reading.service.confirmations.count($0)))
      }
    },
    Row(
      "falconet_server_confirmed_steps_total", "counter", "Steps that were executed a second time."
    ) { Double($0.service.confirmations.steps) },
    Row(
      "falconet_server_memory_stops_total", "counter", "Questions that the memory limit ended."
    ) { Double($0.service.memoryStops) },
    Row("falconet_server_memory_bytes", "gauge", "Bytes of the process that are in memory.") { _ in
      Double(residentBytes())
    },
    Row("falconet_server_memory_limit_bytes", "gauge", "The most that may be in memory.") {
      Double($0.service.limits.memory)
    },
    Row(
      "falconet_server_disk_bytes", "gauge",
      "Bytes of games, uploaded prestates, and states on their way to clients."
    ) {
      Double($0.service.usedBytes)
    },
    Row("falconet_server_disk_limit_bytes", "gauge", "The most that they may take.") {
      Double($0.service.limits.disk)
    },
    Row("falconet_server_requests_in_progress", "gauge", "Requests that are being answered.") {
      Double($0.requests.inProgress)
    },
    Row("falconet_server_responses_total", "counter", "Responses, by their status.") {
      $0.requests.byStatus.sorted { $0.key < $1.key }.map {
        ([("status", "\($0.key)")], Double($0.value))
      }
    },
    Row("falconet_server_reloads_total", "counter", "How often the configuration was read again.") {
      Double($0.service.reloads)
    },
  ]

  /// A label's value as Prometheus reads it: a game's label is whatever a client said.
  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n")
  }

  static func text(_ reading: Reading) -> String {
    var text = ""
    for row in all {
      let samples = row.read(reading)
      guard !samples.isEmpty else { continue }
      text += "# HELP \(row.name) \(row.help)\n# TYPE \(row.name) \(row.kind)\n"
      for sample in samples {
        let labels = sample.labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
        let isWhole = sample.value == sample.value.rounded() && abs(sample.value) < 9e15
        text +=
          row.name + (labels.isEmpty ? "" : "{\(labels)}")
          + " \(isWhole ? "\(Int(sample.value))" : "\(sample.value)")\n"
      }
    }
    return text
  }
}
