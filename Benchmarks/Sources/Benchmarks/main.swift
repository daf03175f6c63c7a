import Falconet
import Glibc

// The program of `Benchmarks/run`, which builds everything and says what the options are.

do {
  let arguments = CommandLine.arguments.dropFirst()
  if arguments.first == Child.option, let path = arguments.dropFirst().first {
    try Child(path: path, arguments: Array(arguments.dropFirst(2))).measure()
    exit(0)
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
} catch {
  let text = Array("benchmarks: \(error)\n".utf8)
  _ = write(STDERR_FILENO, text, text.count)
  exit(1)
}
