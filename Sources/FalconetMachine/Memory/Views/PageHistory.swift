import FalconetLibc

/// The pages of a memory at several moments, to each of which the memory can be taken, back or forward.
///
/// A moment has a number, the step. Between two moments only the pages that were written are copied, so
/// a moment costs time and memory in proportion to them, and so does going from one to another. A page
/// that is never written is never copied.
///
/// Safety: a copy has 4096 bytes, is written before anyone sees it, and is freed with the object that
/// has it. Pages stay where they are as long as the memory lives, which this object keeps.
package final class PageHistory {
  /// The bytes of a page, shared by all moments at which it had them.
  private final class PageCopy {
    let bytes: UnsafeMutableRawPointer
    private let counter: Counter

    init(_ page: UnsafeRawPointer, _ counter: Counter) {
      bytes = .allocate(byteCount: Memory.pageSize, alignment: Memory.pageSize)
      bytes.copyMemory(from: page, byteCount: Memory.pageSize)
      self.counter = counter
      counter.copies += 1
    }

    deinit {
      bytes.deallocate()
      counter.copies -= 1
    }

    func holds(_ page: UnsafeRawPointer) -> Bool { memcmp(bytes, page, Memory.pageSize) == 0 }
  }

  private final class Counter {
    var copies = 0
  }

  /// What a page is from a moment on, up to the page's next version.
  private struct Version {
    var moment: UInt64
    /// Nil if the page doesn't exist.
    let copy: PageCopy?
  }

  private struct Moment {
    let number: UInt64
    /// The pages that have a version of this moment, since they were written after the one before.
    var pages: [UInt64]
  }

  private let memory: Memory
  private let counter = Counter()
  /// Ascending.
  private var moments: [Moment]
  /// The versions of each page that was written since the first moment, ascending.
  private var versions: [UInt64: [Version]] = [:]
  private var versionCount = 0
  /// The moment that the memory was at last.
  private var position = 0
  /// The pages that were written since then.
  private var written: Set<UInt64> = []
  private var isRestoring = false

  /// Begins with the memory as it is. O(pages).
  ///
  /// - Precondition: the memory has no other history.
  package init(of memory: Memory, moment: UInt64) {
    self.memory = memory
    moments = [Moment(number: moment, pages: [])]
    precondition(memory.history == nil, "a memory has one history")
    memory.history = self
    memory.markForHistory(memory.pageIndices)
  }

  // MARK: Moments

  /// The moments, ascending. The first one stays.
  package var numbers: [UInt64] { moments.map(\.number) }

  package var count: Int { moments.count }

  package subscript(index: Int) -> UInt64 { moments[index].number }

  /// The index of the last moment at or before a number; nil if there is none.
  package func index(atOrBefore number: UInt64) -> Int? {
    let index = lowerBound(of: number)
    if index < moments.count, moments[index].number == number { return index }
    return index == 0 ? nil : index - 1
  }

  /// The index of the first moment whose number is not less.
  private func lowerBound(of number: UInt64) -> Int {
    var (low, high) = (0, moments.count)
    while low < high {
      let middle = (low + high) / 2
      if moments[middle].number < number { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The moment that the memory was at last, by its index.
  package var lastVisited: Int { position }

  /// Bytes that the moments take beside the memory.
  package var byteCount: UInt64 {
    UInt64(counter.copies) * UInt64(Memory.pageSize + 64) + UInt64(versionCount) * 32
      + UInt64(versions.count) * 48
  }

  /// Makes the memory's present state a moment, or recognizes one that was reached again.
  ///
  /// - Precondition: the memory came from the last moment with a lower number.
  /// - Returns: whether it is a new one.
  package func mark(_ number: UInt64) -> Bool {
    let index = lowerBound(of: number)
    let isNew = index == moments.count || moments[index].number != number
    if isNew {
      let pages = written.sorted()
      moments.insert(Moment(number: number, pages: pages), at: index)
      for page in pages { addVersion(of: page, number) }
    }
    memory.markForHistory(written)
    written.removeAll(keepingCapacity: true)
    position = index
    return isNew
  }

  private func addVersion(of page: UInt64, _ number: UInt64) {
    let bytes = memory.page(page)
    var known = versions[page, default: []]
    let place = Self.place(after: number, in: known)
    let neighbors = known[max(place - 1, 0)..<min(place + 1, known.count)]
    let copy =
      neighbors.lazy.compactMap(\.copy).first { $0.holds(bytes) } ?? PageCopy(bytes, counter)
    known.insert(Version(moment: number, copy: copy), at: place)
    versions[page] = known
    versionCount += 1
  }

  /// How many versions are of a moment or of earlier ones.
  private static func place(after number: UInt64, in versions: [Version]) -> Int {
    var (low, high) = (0, versions.count)
    while low < high {
      let middle = (low + high) / 2
      if versions[middle].moment <= number { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Discards a moment.
  ///
  /// - Precondition: it is neither the first one nor the one that was visited last.
  package func remove(at index: Int) {
    precondition(index != 0 && index != position, "the moment is needed")
    let moment = moments.remove(at: index)
    if position > index { position -= 1 }
    for page in moment.pages {
      guard var known = versions[page] else { continue }
      let place = Self.place(after: moment.number, in: known) - 1
      let isNeeded =
        index < moments.count
        && !(place + 1 < known.count && known[place + 1].moment == moments[index].number)
      if isNeeded {
        // The next moment has the page as this one.
        known[place].moment = moments[index].number
        moments[index].pages.append(page)
      } else {
        known.remove(at: place)
        versionCount -= 1
      }
      versions[page] = known
    }
  }

  // MARK: Pages

  /// Notes that a page is about to be written, which is called before the first write after each moment,
  /// or more often.
  func willWrite(_ page: UInt64, _ place: PagePlace) {
    guard !isRestoring, written.insert(page).inserted, versions[page] == nil else { return }
    let exists = place.flags.contains(.exists)
    versions[page] = [
      Version(
        moment: moments[0].number, copy: exists ? PageCopy(place.bytes, counter) : nil)
    ]
    versionCount += 1
  }

  /// Makes the memory what it was at a moment.
  package func go(to index: Int) {
    let (low, high) = (min(index, position), max(index, position))
    var differing = written
    for moment in moments[low...high].dropFirst() { differing.formUnion(moment.pages) }
    let number = moments[index].number
    isRestoring = true
    defer { isRestoring = false }
    var absent: Set<UInt64> = []
    for page in differing {
      guard let known = versions[page] else { continue }
      guard let copy = known[Self.place(after: number, in: known) - 1].copy else {
        absent.insert(page)
        continue
      }
      // The page has been made before, so there is no host memory to run out of.
      memory.preparePage(page << 12)?.copyMemory(from: copy.bytes, byteCount: Memory.pageSize)
    }
    if !absent.isEmpty { memory.discardPages(where: absent.contains) }
    memory.markForHistory(differing)
    written.removeAll(keepingCapacity: true)
    position = index
  }
}

extension Machine {
  /// Takes the machine to a moment of its memory's history.
  ///
  /// - Parameters:
  ///   - state: all of the state but its memory, as it was at that moment.
  ///   - index: the moment.
  package func restore(_ state: MachineState, _ history: PageHistory, at index: Int) {
    check = nil
    self.state = state
    history.go(to: index)
    memory.guardPage(of: state.scalars.reservation.address)
    lastReadOffset = nil
  }
}
