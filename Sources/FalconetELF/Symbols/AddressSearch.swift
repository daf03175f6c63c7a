extension RandomAccessCollection where Index == Int {
  /// The index of the last element whose address is not above `address`, or nil if all are above it.
  /// The elements are in ascending order of their addresses. O(log n).
  package func indexOfLast(
    atOrBelow address: UInt64, by addressOf: (Element) -> UInt64
  ) -> Int? {
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = low + (high - low) / 2
      if addressOf(self[middle]) <= address { low = middle + 1 } else { high = middle }
    }
    return low == startIndex ? nil : low - 1
  }
}
