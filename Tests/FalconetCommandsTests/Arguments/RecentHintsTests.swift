import FalconetMachine
import Testing

@testable import FalconetCommands

@Suite("Hints that another host must get")
struct RecentHintsTests {
  @Test("The oldest are dropped beyond a mebibyte, empty ones too", arguments: [0, 1, 1000])
  func oldest(_ count: Int) throws {
    var recent = RecentHints()
    let number = (3 << 20) / (4 + count)
    for index in 0..<number {
      recent.append(PendingHint([UInt8](repeating: UInt8(truncatingIfNeeded: index), count: count)))
      guard index % 4096 == 0 || index == number - 1 else { continue }
      #expect(recent.size == recent.hints.reduce(0) { $0 + 4 + $1.count })
      #expect(recent.size <= 1 << 20)
      let last = try recent.hints.last?.bytes(0..<count)
      #expect(last == [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: count))
    }
    #expect(recent.size > 1 << 18)
  }

  @Test("The last one is kept, however long it is")
  func long() throws {
    var recent = RecentHints()
    recent.append(PendingHint([1, 2, 3]))
    recent.append(PendingHint([UInt8](repeating: 7, count: 2 << 20)))
    #expect(recent.hints.map(\.count) == [2 << 20])
    recent.append(PendingHint([4]))
    #expect(recent.hints.map(\.count) == [1])
  }
}
