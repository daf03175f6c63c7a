import FalconetELF
import FalconetMachine

/// A function at an instruction, and where that is in the source.
package struct CodeLocation: Sendable, Equatable {
  package var function: String
  /// The path that the compiler was given; nil if it is not known.
  package var file: String?
  package var line: UInt32?
  /// The line of the function's declaration, if known.
  package var startLine: UInt32?
  /// Bytes from the function's first instruction. Of an inlined call, from the one it is inlined in.
  package var offset: UInt64
  /// Whether the compiler put the function's code into its caller's.
  package var isInlined = false
}

extension Unwinder {
  /// The functions that an instruction belongs to: inlined ones first, then the one whose code it is.
  /// Names are those of the source, with unprintable characters replaced.
  package func locations(of instruction: UInt64) -> [CodeLocation] {
    guard let table, let function = table.function(at: instruction) else {
      return [symbolLocation(of: instruction)]
    }
    let offset = instruction &- function.entry
    let inlined = table.inlinedCalls(of: function, at: instruction)
    var locations: [CodeLocation] = []
    var position = instruction
    for call in inlined {
      locations.append(
        location(
          call.name, call.startLine, table.line(of: function, at: position), offset,
          isInlined: true))
      position = call.callSite
    }
    locations.append(
      location(
        table.name(of: function), table.startLine(of: function),
        table.line(of: function, at: position), offset))
    return locations
  }

  /// Bytes of the arguments and results that a Go function has on the stack, above the word at the
  /// stack pointer; nil if the function is not Go's, or the table does not tell.
  package func goArgumentSize(ofFunctionAt address: UInt64) -> UInt64? {
    guard let table, let function = table.function(at: address) else { return nil }
    return table.argumentSize(of: function)
  }

  /// Whether the program is in Go.
  package var isGo: Bool { table != nil }

  private func location(
    _ name: String, _ startLine: UInt32, _ line: (file: String, line: UInt32)?, _ offset: UInt64,
    isInlined: Bool = false
  ) -> CodeLocation {
    CodeLocation(
      function: Self.printable(name), file: line.map { Self.printable($0.file) },
      line: line?.line, startLine: startLine, offset: offset, isInlined: isInlined)
  }

  private func symbolLocation(of instruction: UInt64) -> CodeLocation {
    let symbol = symbols?.symbol(at: instruction)
    let name = symbol?.sourceName ?? symbols?.name(at: instruction) ?? SymbolTable.unknown
    return CodeLocation(
      function: Self.printable(name), offset: symbol.map { instruction &- $0.start } ?? 0)
  }

  /// Text of the guest that may be shown on a terminal and put into files.
  private static func printable(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    guard !isPlain else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
        .paragraphSeparator:
        result.unicodeScalars.append("?")
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
