import FalconetMachine
import FalconetTestSupport
import Glibc
import Testing

/// gdb, driven by its machine interface.
struct GDB {
  /// The path of a gdb that knows MIPS; nil if there is none.
  static let path: String? = {
    let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin"
    return folders.split(separator: ":").map { "\($0)/gdb-multiarch" }
      .first { access($0, X_OK) == 0 }
  }()

  static let isMissing: Comment =
    "there is no gdb-multiarch, which Debian's package of the name has"

  /// Versions for a test: all that have the guest in the long form, else those that stand for them.
  static func versions(_ usual: [StateVersion], of guest: String) -> [StateVersion] {
    isLongRun ? Fixtures.recordedRuns.filter { $0.guest == guest }.map(\.version) : usual
  }

  /// What gdb said to a command: its result, how the program stopped after it, and console text.
  struct Answer {
    var result = ""
    var stop = ""
    var console = ""
    /// Text of the target: what `monitor` prints.
    var target = ""

    /// A value of the result, or of the stop: `name="value"`.
    func value(_ name: String) -> String? {
      for text in [result, stop] {
        guard let start = text.firstRange(of: "\(name)=\"") else { continue }
        return String(text[start.upperBound...].prefix { $0 != "\"" })
      }
      return nil
    }
  }

  /// Has gdb execute commands, one after the other.
  ///
  /// - Returns: an answer for each.
  static func run(_ commands: [String], program: String?) throws -> [Answer] {
    let folder = try TemporaryFolder()
    let numbered = commands.enumerated().map { "\($0 + 1)\($1)\n" }.joined()
    try folder.write(Array((numbered + "999-gdb-exit\n").utf8), to: "commands")
    let words =
      "timeout 300 \(try #require(path)) --nx --quiet --interpreter=mi3 \(program ?? "")"
      + " < \(folder.file("commands")) > \(folder.file("output")) 2>&1"
    #expect(shell(words) == 0)
    let output = String(decoding: folder.read("output") ?? [], as: UTF8.self)
    return parse(output, count: commands.count)
  }

  /// An ELF file that gdb reads: debug sections of fixtures are zeros, and are taken out.
  static func readable(_ elf: [UInt8], _ wordSize: WordSize) -> [UInt8] {
    func number(_ place: Int, _ count: Int) -> Int {
      elf[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
    }
    let isWide = wordSize == .bits64
    let start = isWide ? number(0x28, 8) : number(0x20, 4)
    let size = number(isWide ? 0x3A : 0x2E, 2)
    var result = elf
    for index in 0..<number(isWide ? 0x3C : 0x30, 2) {
      let section = start + index * size
      let isCompressed = number(section + 8, isWide ? 8 : 4) & 0x800 != 0
      if isCompressed { for byte in 4..<8 { result[section + byte] = 0 } }
    }
    return result
  }

  private static func parse(_ output: String, count: Int) -> [Answer] {
    var answers = [Answer](repeating: Answer(), count: count)
    // Streams come before the result of their command, stops after it.
    var (console, target) = ("", "")
    var last: Int?
    for line in output.split(separator: "\n") {
      switch line.first {
      case "~": console += text(line)
      case "@": target += text(line)
      case "*" where line.hasPrefix("*stopped"): if let last { answers[last].stop = String(line) }
      default:
        let digits = line.prefix { $0.isNumber }
        guard let number = Int(digits), number >= 1, number <= count,
          line.dropFirst(digits.count).first == "^"
        else { continue }
        let index = number - 1
        answers[index].result = String(line.dropFirst(digits.count))
        (answers[index].console, answers[index].target) = (console, target)
        (console, target) = ("", "")
        last = index
      }
    }
    return answers
  }

  /// The text of a stream record.
  private static func text(_ line: Substring) -> String {
    String(line.dropFirst(2).dropLast()).replacing("\\n", with: "\n")
      .replacing("\\\"", with: "\"")
  }
}

// What commands and answers are made of.
extension GDB {
  static func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

  static func monitor(_ command: String) -> String {
    "-interpreter-exec console \"monitor \(command)\""
  }

  /// The step in what `monitor when` and `monitor goto` print.
  static func step(_ answer: GDB.Answer) -> UInt64? {
    let words = answer.target.split { $0 == " " || $0 == "," }
    return words.count > 1 ? UInt64(words[1]) : nil
  }

  static let pc = "-data-evaluate-expression $pc"
  static let flush = "-interpreter-exec console \"maintenance flush register-cache\""

  /// Goes to a step, so that gdb notices.
  static func goTo(_ step: UInt64) -> [String] { [monitor("goto \(step)"), flush] }

  static let stepBack = "-exec-step-instruction --reverse"
}
