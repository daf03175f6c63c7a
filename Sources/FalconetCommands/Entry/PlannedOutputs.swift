import FalconetRun
import FalconetStreams

/// The files that a command is going to write, checked before anything that takes time: hours of
/// execution are not lost to a typing error.
///
/// ``checkNames()`` comes first: two results under one name are a mistake in the command line. Then
/// ``check()`` tries the directories.
struct PlannedOutputs {
  private var files: [(flag: String, path: String)] = []
  private var series: [OutputSeries] = []
  private var directories: [(flag: String, path: String)] = []

  /// Adds a file; an empty name is none, `-` is standard output.
  mutating func add(_ path: String, _ flag: String) {
    if !path.isEmpty { files.append((flag, path)) }
  }

  /// Adds the files of the steps that some patterns match.
  mutating func add(_ name: FileNameFormat, at steps: StepPatterns, _ flag: String) {
    guard !steps.patterns.isEmpty, !name.isEmpty else { return }
    let series = OutputSeries(name: name, steps: steps, flag: flag)
    if let only = series.onlyStep {
      files.append((flag, name.name(step: only)))
    } else {
      self.series.append(series)
    }
  }

  /// Adds a directory that the command makes if it does not exist.
  mutating func add(directory path: String?, _ flag: String) {
    if let path, !path.isEmpty { directories.append((flag, path)) }
  }

  /// - Throws: ``UsageError`` if two results would have one name.
  func checkNames() throws(UsageError) {
    for series in series { try series.checkNumber() }
    var flags: [OutputPlace: String] = [:]
    for (flag, path) in files + directories {
      guard let place = OutputPlace(path) else { continue }
      if let other = flags.updateValue(flag, forKey: place) { throw Self.clash(other, flag, path) }
    }
    for series in series {
      for (flag, path) in files where series.includes(path) {
        throw Self.clash(series.flag, flag, path)
      }
    }
    for (number, one) in series.enumerated() {
      for other in series[(number + 1)...] where one.overlaps(other) {
        throw Self.clash(one.flag, other.flag, other.name.name(step: 0))
      }
    }
  }

  /// - Throws: ``CommandError`` if a file cannot be written.
  func check() throws(CommandError) {
    for (flag, path) in files {
      try Self.naming(flag) { () throws(StreamError) in
        if path == "-" { try StandardOutputSink.check() } else { try AtomicFile.check(path: path) }
      }
    }
    for series in series { try Self.naming(series.flag, series.check) }
  }

  private static func naming(
    _ flag: String, _ body: () throws(StreamError) -> Void
  ) throws(CommandError) {
    do throws(StreamError) { try body() } catch {
      throw CommandError(error, while: "the file of \(flag) cannot be written")
    }
  }

  private static func clash(_ one: String, _ other: String, _ path: String) -> UsageError {
    UsageError("\(one) and \(other) name the same file, \(path): give each its own")
  }
}
