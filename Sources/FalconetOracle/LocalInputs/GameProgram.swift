/// A program of real games whose local inputs have names here.
package enum GameProgram: String, CaseIterable, Sendable {
  case opProgram = "op-program"
  /// op-program for super roots.
  case opProgramInterop = "op-program-interop"
  case kona
  /// Kona's client for super roots.
  case konaInterop = "kona-interop"

  /// All names, as a sentence lists them.
  package static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// The inputs that the program may read, in the order of their numbers.
  package var inputs: [(row: LocalInputRow, number: UInt64)] {
    LocalInputRow.all
      .compactMap { row in row.numbers[self].map { (row: row, number: $0) } }
      .sorted { $0.number < $1.number }
  }

  func input(named name: String) -> (row: LocalInputRow, number: UInt64)? {
    inputs.first { $0.row.name == name }
  }

  func input(_ number: UInt64) -> LocalInputRow? {
    inputs.first { $0.number == number }?.row
  }
}

/// How the bytes of a local input are encoded.
package enum LocalInputForm: Sendable, Equatable {
  /// 32 bytes.
  case hash
  /// 8 bytes, big-endian.
  case number
  /// Text of any length: an object or an array.
  case json

  /// The width in bytes; nil if it is any.
  var width: Int? {
    switch self {
    case .hash: 32
    case .number: 8
    case .json: nil
    }
  }
}

/// A local input of the programs of real games: what it is, and which number each gives it.
package struct LocalInputRow: Sendable, Equatable {
  /// The name on the command line.
  package let name: String
  /// What the value is, in the words of the documents.
  package let meaning: String
  package let form: LocalInputForm
  /// The programs that may read it, and the number of the key with which each does.
  package let numbers: [GameProgram: UInt64]

  /// As the programs' sources have them. Configurations and dependency sets are read only for chains that
  /// are not built into a program.
  package static let all: [LocalInputRow] = [
    row("l1-head", "hash of the L1 head", .hash, op: 1, opInterop: 1, kona: 1, konaInterop: 1),
    row("agreed-output-root", "agreed output root", .hash, op: 2, kona: 2),
    row("agreed-state", "Keccak-256 of the agreed state", .hash, opInterop: 2, konaInterop: 2),
    row("claim", "claimed output root", .hash, op: 3, kona: 3),
    row("claimed-state", "Keccak-256 of the claimed state", .hash, opInterop: 3, konaInterop: 3),
    row("block-number", "block number of the claim", .number, op: 4, kona: 4),
    row("timestamp", "timestamp of the claim", .number, opInterop: 4, konaInterop: 4),
    row("chain-id", "chain ID", .number, op: 5, kona: 5),
    row("l2-config", "L2 chain configuration", .json, op: 6),
    row("l2-configs", "L2 chain configurations", .json, opInterop: 6),
    row("rollup-config", "rollup configuration", .json, op: 7, kona: 6),
    row("rollup-configs", "rollup configurations", .json, opInterop: 7, konaInterop: 6),
    row("dependency-set", "dependency set", .json, opInterop: 8, konaInterop: 8),
    row(
      "l1-config", "L1 chain configuration", .json, op: 9, opInterop: 9, kona: 7, konaInterop: 7),
  ]

  private static func row(
    _ name: String, _ meaning: String, _ form: LocalInputForm, op: UInt64? = nil,
    opInterop: UInt64? = nil, kona: UInt64? = nil, konaInterop: UInt64? = nil
  ) -> LocalInputRow {
    let numbers: [GameProgram: UInt64?] = [
      .opProgram: op, .opProgramInterop: opInterop, .kona: kona, .konaInterop: konaInterop,
    ]
    return LocalInputRow(
      name: name, meaning: meaning, form: form, numbers: numbers.compactMapValues { $0 })
  }
}
