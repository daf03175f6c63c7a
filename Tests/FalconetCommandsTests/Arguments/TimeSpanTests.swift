import FalconetCommands
import Testing

@Suite("Times on the command line")
struct TimeSpanTests {
  @Test("A number and a unit, or several of them, the largest unit first")
  func parsing() {
    let texts: [(String, UInt64)] = [
      ("0", 0), ("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), ("1d", 86400),
      ("1h30m", 5400), ("1d2h3m4s", 93784), ("18446744073709551615", .max),
    ]
    for (text, seconds) in texts { #expect(TimeSpan(argument: text)?.seconds == seconds) }
    for text in [
      "", "-1", "+1", "s", "1h30", "30m1h", "1h1h", "1 h", "1.5h", "٤s", "18446744073709551615m",
      "213503982334601d18446744073709551615s", "1w", "1H",
    ] {
      #expect(TimeSpan(argument: text) == nil, "\(text)")
    }
  }

  @Test("Defaults are shown in the largest unit")
  func defaults() {
    let texts: [(UInt64, String)] = [(900, "15m"), (5400, "90m"), (90, "90s"), (0, "0")]
    for (seconds, text) in texts {
      #expect(TimeSpan(seconds: seconds).defaultValueDescription == text)
    }
  }
}
