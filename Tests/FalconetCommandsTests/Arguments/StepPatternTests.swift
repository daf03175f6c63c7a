import FalconetCommands
import FalconetRun
import FalconetStreams
import FalconetTestSupport
import Testing

@Suite("Step patterns")
struct StepPatternTests {
  @Test(
    "The forms that Cannon takes",
    arguments: [
      ("", StepPattern.never), ("never", .never), ("always", .always), ("=0", .at(0)),
      ("=5", .at(5)),
      ("%1", .every(1)), ("%123", .every(123)), ("=18446744073709551615", .at(.max)),
      ("=0x1F", .at(31)), ("%0XfF", .every(255)), ("=0o17", .at(15)), ("=0b101", .at(5)),
      ("=017", .at(15)), ("%1_000_000", .every(1_000_000)), ("=0x_ff", .at(255)), ("=0_7", .at(7)),
      ("=00", .at(0)),
    ])
  func forms(_ text: String, _ pattern: StepPattern) throws {
    #expect(try StepPattern(text) == pattern)
  }

  @Test(
    "Anything else is refused",
    arguments: [
      "5", "= 5", "=", "%", "=-5", "=+5", "=5 ", "%0", "%0x0", "Never", "ALWAYS", "==5", "=%5",
      "=1e3",
      "=18446744073709551616", "=0x", "=0b2", "=08", "=_1", "=1_", "=1__0", "=0x_", "=0x_+5",
      "=0_+7",
      "=５", "=0x1.0", "=0xg", "every", ">5",
    ])
  func refused(_ text: String) {
    #expect(throws: UsageError.self) { try StepPattern(text) }
  }

  @Test(
    "What matches, and what comes next, past the last number too",
    arguments: [
      ("=7", 6, 7), ("=7", 7, nil), ("=7", 0, 7), ("%5", 0, 5), ("%5", 4, 5), ("%5", 5, 10),
      ("%1", 9, 10), ("always", 3, 4), ("never", 3, nil), ("always", .max, 0), ("%2", .max, 0),
      ("%2", .max - 2, .max - 1), ("%18446744073709551615", 0, .max),
      ("%18446744073709551615", .max, 0), ("=18446744073709551615", .max - 1, .max),
      ("=7", 8, 7), ("=0", .max - 2, 0), ("%5", .max - 1, .max), ("%4", .max - 2, 0),
      ("%18446744073709551614", .max - 2, .max - 1), ("%18446744073709551614", .max - 1, 0),
    ] as [(String, UInt64, UInt64?)])
  func next(_ text: String, _ step: UInt64, _ next: UInt64?) throws {
    #expect(try StepPattern(text).distance(after: step) == next.map { $0 &- step })
  }

  @Test("The next step of a list is the first that any of its patterns matches")
  func bruteForce() throws {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<200 {
      let values = (0..<random.below(3)).map { _ in
        (0...random.below(3)).map { _ in
          switch random.below(8) {
          case 0: "never"
          case 1...4: "=\(random.below(60))"
          default: "%\(random.below(25) + 1)"
          }
        }.joined(separator: ",")
      }
      let patterns = try StepPatterns(values)
      let parts = try values.flatMap { try $0.split(separator: ",").map { try StepPattern($0) } }
      for step in UInt64(0)..<70 {
        let matches = parts.contains { $0.matches(step) }
        #expect(patterns.matches(step) == matches)
        let expected = (step + 1..<200).first { later in parts.contains { $0.matches(later) } }
        let next = patterns.distance(after: step).map { step &+ $0 }
        // A step past the window comes from a single pattern, tested above.
        if let expected {
          #expect(next == expected)
        } else {
          // Not at all, or once the counter has come round.
          #expect(next.map { $0 >= 200 || $0 <= step } ?? true)
        }
      }
    }
  }

  @Test("Lists and repeated flags add up, empty parts match nothing")
  func lists() throws {
    let steps: [UInt64] = (0..<30).filter { step in
      (try? StepPatterns(["=5,=9,%10", "", "=5", ","]))?.matches(step) == true
    }
    #expect(steps == [0, 5, 9, 10, 20])
    #expect(try StepPatterns([]).distance(after: 0) == nil)
    #expect(try StepPatterns(["never,never"]).patterns.isEmpty)
    #expect(throws: UsageError.self) { try StepPatterns(["=5,x"]) }
    #expect(throws: UsageError.self) { try StepPatterns(["=5, =6"]) }
  }

  @Test("A file's steps join those of the flag; numbers alone, patterns and comments are allowed")
  func files() throws {
    let folder = try TemporaryFolder()
    try folder.write("# steps\n5 7,=9\n\n%20  # and more\r\n0x1e\n", to: "steps.txt")
    let path = "@" + folder.file("steps.txt")
    let patterns = try StepPatterns(["=1,\(path)", "=2"])
    #expect(
      patterns.patterns == [.at(1), .at(5), .at(7), .at(9), .every(20), .at(30), .at(2)])
    #expect(try StepList.numbers(["=3", "4", "010", "0x10", "1_000"]) == [3, 4, 10, 16, 1000])
    try folder.write("12\n=13", to: "steps.txt")
    #expect(try StepList.numbers(["1", path]) == [1, 12, 13])
  }

  @Test("What is wrong in a file of steps is named with its line")
  func badFiles() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("steps.txt")
    try folder.write("5\n\n6 seven\n", to: "steps.txt")
    for read in [
      { _ = try StepPatterns(["@" + path]) }, { _ = try StepList.numbers(["@" + path]) },
    ] {
      let error = #expect(throws: UsageError.self) { try read() }
      #expect(error?.description.hasPrefix("\(path), line 3: ") == true)
      #expect(error?.description.contains("seven") == true)
    }
    try folder.write("%5", to: "steps.txt")
    #expect(throws: UsageError.self) { try StepList.numbers(["@" + path]) }
    #expect(throws: UsageError.self) { try StepPatterns(["@"]) }
    let missing = #expect(throws: StreamError.self) { try StepPatterns(["@\(path).none"]) }
    #expect(missing?.kind == .notFound)
  }

  @Test("Digits in groups are told to be that")
  func groups() {
    let error = #expect(throws: UsageError.self) { try StepPatterns(["=591,664"]) }
    #expect(error?.description.hasSuffix("use =664, and no commas inside a number") == true)
  }

  @Test("Numbers are read as Go reads them, above a word they are refused")
  func numbers() {
    #expect(GoNumber("1024")?.value == 1024)
    #expect(GoNumber("0x10")?.value == 16)
    #expect(GoNumber("0xffff_ffff_ffff_ffff")?.value == .max)
    #expect(GoNumber("0x1_0000_0000_0000_0000") == nil)
    #expect(GoNumber("") == nil)
    #expect(GoNumber("-1") == nil)
  }
}
