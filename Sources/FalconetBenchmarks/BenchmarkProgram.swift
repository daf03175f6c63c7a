import FalconetLibc
import Keccak

/// The program of `Benchmarks/run`, which builds everything and says what the options are.
public enum BenchmarkProgram {
  /// Measures what the arguments ask for, or runs a child whose memory is measured.
  ///
  /// - Parameter arguments: those of the process, without its name.
  /// - Returns: the exit code.
  public static func run(_ arguments: [String]) -> Int32 {
    do {
      if let child = Child(arguments) {
        try child.measure()
        return 0
      }
      let options = try Options(arguments)
      let host = Host()
      try Sections.show(
        "\(host.processor), \(host.cores) cores, hash kernels"
          + " \(host.kernels.map(\.rawValue).joined(separator: ", "))")
      if options.guests == nil { try Sections.show("No --guests: the large guests are left out.") }
      let sections = try Sections.run(options, Guests(options))
      if let path = options.json {
        try ReportFile(host: host, options: options, sections: sections).write(to: path)
      }
      return 0
    } catch {
      let text = Array("benchmarks: \(error)\n".utf8)
      _ = write(STDERR_FILENO, text, text.count)
      return 1
    }
  }
}
