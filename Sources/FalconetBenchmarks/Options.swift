/// The command line, as `Benchmarks/run` passes it on.
struct Options {
  /// The build of falconet that is measured.
  var falconet = ""
  /// An older build.
  var baseline: String?
  /// The folder of the fixtures' guests.
  var fixtures = ""
  /// The folder of the large guests.
  var guests: String?
  /// Guests by name that are measured; all if empty.
  var names: [String] = []
  /// A folder for files.
  var work = ""
  var json: String?
  var rounds = 5
  var isQuick = false
  var usesAllCores = false
  /// The sections to run; all but `mix` if empty.
  var sections: [String] = []

  init(_ arguments: some Sequence<String>) throws(BenchmarkError) {
    var rest = Array(arguments)[...]
    func value(of option: String) throws(BenchmarkError) -> String {
      guard let value = rest.popFirst() else { throw BenchmarkError("\(option) needs a value") }
      return value
    }
    while let argument = rest.popFirst() {
      switch argument {
      case "--falconet": falconet = try value(of: argument)
      case "--baseline": baseline = try value(of: argument)
      case "--fixtures": fixtures = try value(of: argument)
      case "--guests": guests = try value(of: argument)
      case "--only": names += try value(of: argument).split(separator: ",").map(String.init)
      case "--work": work = try value(of: argument)
      case "--json": json = try value(of: argument)
      case "--rounds":
        guard let number = Int(try value(of: argument)), (1...1_000).contains(number) else {
          throw BenchmarkError("--rounds takes a number from 1 to 1000")
        }
        rounds = number
      case "--quick": isQuick = true
      case "--all-cores": usesAllCores = true
      default:
        guard Sections.names.contains(argument) else {
          throw BenchmarkError(
            "\(argument) is none of the sections \(Sections.names.joined(separator: ", "))")
        }
        sections.append(argument)
      }
    }
    if isQuick { rounds = max(rounds / 3, 1) }
  }

  /// Whether a guest is to be measured.
  func measures(_ guest: String) -> Bool { names.isEmpty || names.contains(guest) }

  /// Whether a section is to be run.
  func runs(_ section: String) -> Bool {
    sections.contains(section) || sections.isEmpty && section != Sections.mix
  }
}
