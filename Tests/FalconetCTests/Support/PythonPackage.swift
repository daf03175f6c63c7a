import FalconetTestSupport

/// The Python package, unpacked from its wheel once a process, and what runs programs with it.
enum PythonPackage {
  private static let site = Result {
    let library = try BuiltLibrary.shared()
    let wheel = try Shell.output(
      "FALCONET_LIBRARY=\(Shell.quoted(library.folder))"
        + " \(Shell.quoted(BuiltLibrary.repository))/Scripts/build-wheel"
        + " \(Shell.quoted(library.work))")
    let site = library.work + "/site"
    try Shell.output(
      "python3 -m zipfile -e \(Shell.quoted(String(wheel.dropLast()))) \(Shell.quoted(site))")
    return site
  }

  /// The directory that holds the unpacked package.
  static func folder() throws -> String { try site.get() }

  /// Runs a program of Python with the package, and gives what it printed.
  static func run(_ arguments: String) throws -> String {
    try Shell.output(
      "PYTHONPATH=\(Shell.quoted(try site.get())) PYTHONDONTWRITEBYTECODE=1"
        + " python3 -W error \(arguments)")
  }

  /// Runs tests of Python, `arguments` after `python3 -m unittest`, in a folder of the repository.
  /// - Returns: what they printed; all of them passed.
  @discardableResult
  static func runTests(_ arguments: String, in folder: String) throws -> String {
    try Shell.output(
      """
      set -e
      cd \(Shell.quoted(BuiltLibrary.repository + "/" + folder))
      export FALCONET_FIXTURES=\(Shell.quoted(try Fixtures.path("")))
      export PYTHONPATH=\(Shell.quoted(try site.get())) PYTHONDONTWRITEBYTECODE=1
      python3 -W error -m unittest \(arguments)
      """)
  }
}
