import ArgumentParser
import FalconetMetrics

/// Where metrics go.
struct MetricsFlags: ParsableArguments {
  @Option(
    name: .customLong("metrics-file"),
    help: ArgumentHelp(
      "File for metrics in Prometheus' text format, for node_exporter's textfile collector.",
      valueName: "file"), completion: .file())
  var path = ""

  @Option(
    name: .customLong("metrics-interval"),
    help: ArgumentHelp(
      "How often the file of --metrics-file is written, beside the end.", valueName: "time"))
  var interval = TimeSpan(seconds: 15)

  /// The file; nil if none is wanted.
  var file: MetricsFile? {
    path.isEmpty
      ? nil : MetricsFile(path: path, interval: .seconds(Int64(clamping: interval.seconds)))
  }
}
