/// Which known name a mistyped one was probably meant to be.
package enum Suggestion {
  /// The known name that takes the fewest typing errors to become `word`; nil if it takes more than one
  /// for each three characters.
  package static func closest(to word: String, among known: some Sequence<String>) -> String? {
    let word = Array(word.lowercased())
    let limit = max(1, word.count / 3)
    var best: (name: String, distance: Int)?
    for name in known {
      let distance = distance(
        word, Array(name.lowercased()), limit: min(limit, best?.distance ?? limit))
      // Of names that are as close, the first one.
      if distance <= limit, distance < best?.distance ?? .max { best = (name, distance) }
    }
    return best?.name
  }

  /// How many characters to insert, delete, replace or swap with their neighbour; more than `limit` if it
  /// is certain that it takes more.
  private static func distance(_ one: [Character], _ other: [Character], limit: Int) -> Int {
    guard abs(one.count - other.count) <= limit else { return limit + 1 }
    var older: [Int] = []
    var last = Array(0...other.count)
    for (row, character) in one.enumerated() {
      var next = [row + 1]
      for (column, wanted) in other.enumerated() {
        var cost = min(
          last[column] + (character == wanted ? 0 : 1), last[column + 1] + 1, next[column] + 1)
        if row > 0, column > 0, character == other[column - 1], one[row - 1] == wanted {
          cost = min(cost, older[column - 1] + 1)
        }
        next.append(cost)
      }
      (older, last) = (last, next)
    }
    return last[other.count]
  }
}
