import FalconetCommands
import FalconetRun
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
