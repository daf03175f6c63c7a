import ArgumentParser

/// The file that a command reads, as an argument or with a flag.
struct InputArgument: ParsableArguments {
  @Argument(
    help: ArgumentHelp("Snapshot to read; - is standard input.", valueName: "snapshot"),
    completion: .file())
  var argument: String?

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp("The same as the argument.", valueName: "snapshot"), completion: .file())
  var flag: String?

  func path() throws(UsageError) -> String {
    try FilePlaces.fill([.init("snapshot", flag: "--input", flag)], with: [argument])[0]
  }
}

/// The files that a command reads, as arguments or with a flag that may be repeated.
struct InputArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp("Snapshots to read; - is standard input.", valueName: "snapshot"),
    completion: .file())
  var arguments: [String] = []

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp("The same as an argument; may be repeated.", valueName: "snapshot"),
    completion: .file())
  var flags: [String] = []

  func paths() throws(UsageError) -> [String] {
    guard !arguments.isEmpty || !flags.isEmpty else {
      throw FilePlaces.missing("snapshot", "--input")
    }
    return flags + arguments
  }
}

/// What the two files of a ``SnapshotPair`` are.
protocol SnapshotPairRoles {
  static var firstHelp: String { get }
  static var secondHelp: String { get }
  /// The second file's placeholder, and what errors call it.
  static var secondName: (placeholder: String, what: String) { get }
  /// The flags of the second file, the one that errors name first.
  static var secondFlags: [String] { get }
}

/// Two snapshots, as arguments or with flags.
struct SnapshotPair<Roles: SnapshotPairRoles>: ParsableArguments {
  @Argument(
    help: ArgumentHelp("\(Roles.firstHelp); - is standard input.", valueName: "snapshot"),
    completion: .file())
  var first: String?

  @Argument(
    help: ArgumentHelp("\(Roles.secondHelp)", valueName: Roles.secondName.placeholder),
    completion: .file())
  var second: String?

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp("The same as the first argument.", valueName: "snapshot"),
    completion: .file())
  var firstFlag: String?

  @Option(
    name: NameSpecification(Roles.secondFlags.map { .customLong($0) }),
    help: ArgumentHelp(
      "The same as the second argument.", valueName: Roles.secondName.placeholder),
    completion: .file())
  var secondFlag: String?

  func paths() throws(UsageError) -> (first: String, second: String) {
    let files = try FilePlaces.fill(
      [
        .init("snapshot", flag: "--input", firstFlag),
        .init(Roles.secondName.what, flag: "--\(Roles.secondFlags[0])", secondFlag),
      ],
      with: [first, second])
    return (files[0], files[1])
  }
}

/// The proof files that a command reads, as arguments or with a flag that may be repeated.
struct ProofArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Proof files, arrays of proofs, or directories of them; - is standard input.",
      valueName: "proof"), completion: .file())
  var arguments: [String] = []

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp("The same as an argument; may be repeated.", valueName: "proof"),
    completion: .file())
  var flags: [String] = []

  func paths() throws(UsageError) -> [String] {
    guard !arguments.isEmpty || !flags.isEmpty else {
      throw FilePlaces.missing("proof", "--input")
    }
    return flags + arguments
  }
}

/// Files that are given as arguments or with flags.
package enum FilePlaces {
  package struct Place {
    let what: String
    let flag: String
    let value: String?

    /// - Parameters:
    ///   - what: what the file is, for errors.
    ///   - flag: the flag's name.
    ///   - value: what was given with the flag.
    package init(_ what: String, flag: String, _ value: String?) {
      (self.what, self.flag, self.value) = (what, flag, value)
    }
  }

  /// The files of some places. Arguments fill, in their order, the places that flags leave.
  package static func fill(
    _ places: [Place], with arguments: [String?]
  ) throws(UsageError) -> [String] {
    var rest = arguments.compactMap { $0 }[...]
    var files: [String] = []
    for place in places {
      guard let file = place.value ?? rest.popFirst() else {
        throw missing(place.what, place.flag)
      }
      files.append(file)
    }
    if let extra = rest.first { throw UsageError("unexpected argument '\(extra)'") }
    return files
  }

  static func missing(_ what: String, _ flag: String) -> UsageError {
    UsageError("no \(what) is given: name it, or give it with \(flag)")
  }
}
