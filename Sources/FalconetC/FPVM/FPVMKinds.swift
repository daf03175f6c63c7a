import CFPVM
import CFalconet
import FalconetMachine

/// The kinds of states: each revision of each state version.
enum FPVMKinds {
  /// The revisions by the numbers of their kinds.
  static let revisions: [Revision] = StateVersion.allCases.flatMap { $0.revisions.reversed() }

  /// Such as `8-1.9.0`.
  static func name(of revision: Revision) -> String {
    "\(revision.version.rawValue)-\(revision.name)"
  }

  static func number(of revision: Revision) -> UInt32 {
    UInt32(revisions.firstIndex(of: revision) ?? 0)
  }

  /// The revision of a kind; nil for any.
  static func revision(_ kind: UInt32) throws(CallError) -> Revision? {
    if kind == FPVM_ANY_KIND { return nil }
    guard let number = Int(exactly: kind), revisions.indices.contains(number) else {
      throw CallError(
        FALCONET_UNSUPPORTED,
        "there is no kind \(kind): kinds are 0 to \(revisions.count - 1)")
    }
    return revisions[number]
  }
}

/// The options of an input.
struct FPVMOptions {
  /// Name and description.
  static let all = [
    (
      "engine",
      "what executes steps: " + EngineKind.allCases.map(\.rawValue).joined(separator: ", ")
    )
  ]

  private(set) var engine = EngineKind.translator

  /// The options of an input.
  ///
  /// Safety: as ``Argument``.
  init(_ input: fpvm_input) throws(CallError) {
    guard let count = Int(exactly: input.option_count) else {
      throw .invalid("options: the count is too large")
    }
    for option in try Argument.elements(input.options, count, "options") {
      let name = try Argument.text(option.name, "the name of an option")
      let value = try Argument.text(option.value, "the value of an option")
      guard name == "engine" else {
        throw CallError(FALCONET_UNSUPPORTED, "there is no option \(name): options are engine")
      }
      guard let engine = EngineKind(rawValue: value) else {
        throw .invalid("there is no engine \(value): the option is \(Self.all[0].1)")
      }
      self.engine = engine
    }
  }
}
