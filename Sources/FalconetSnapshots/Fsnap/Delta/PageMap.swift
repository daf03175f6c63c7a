import FalconetMachine
import FalconetStreams
import Keccak

/// Which pages a state has, and where each is: in the file itself, in its base, or further down.
struct PageMap {
  /// Where a page is.
  struct Place {
    /// 0 is the file itself, 1 its base, and so on.
    let layer: UInt32
    /// Which of the layer's pages it is.
    let position: UInt32
  }

  let table: PageTable
  let places: [Place]
  /// The bases, the nearest first.
  let bases: [StoredBlocks]

  /// Finds the bases of a file and puts the page tables together.
  ///
  /// Checks the result against the header's digest and memory root.
  init(
    _ description: FsnapDescription, name: String, bases location: FsnapBaseLocation
  ) throws(StreamError) {
    bases = try Self.findBases(description, name: name, in: location)
    var table = PageTable()
    var places: [Place] = []
    for layer in stride(from: bases.count, through: 0, by: -1) {
      let isTop = layer == 0
      let top = isTop ? description : bases[layer - 1].description
      let file = isTop ? name : bases[layer - 1].name
      if top.header.isDelta {
        let below = (table, places)
        (table, places) = try Self.merge(top, layer: UInt32(layer), over: below, name: file)
        try top.check(table, name: file)
      } else {
        // Its own table is all of it, and was checked when it was read.
        table = top.stored
        places = (0..<table.count).map {
          Place(layer: UInt32(layer), position: UInt32(truncatingIfNeeded: $0))
        }
      }
    }
    self.table = table
    self.places = places
  }

  private static func findBases(
    _ description: FsnapDescription, name: String, in location: FsnapBaseLocation
  ) throws(StreamError) -> [StoredBlocks] {
    var bases: [StoredBlocks] = []
    var location = location
    var delta = description
    var file = name
    // Each base has a lower depth than its delta, and none is above the format's limit.
    while let base = delta.base {
      let found = try BaseFinder.find(base, below: delta.header.depth, of: file, in: location)
      bases.append(found)
      location = BaseFinder.location(after: location, found: found.name)
      delta = found.description
      file = found.name
    }
    return bases
  }

  /// Puts the pages of a delta over those of its base.
  private static func merge(
    _ description: FsnapDescription, layer: UInt32, over base: (PageTable, [Place]), name: String
  ) throws(StreamError) -> (PageTable, [Place]) {
    let stored = description.stored
    let (below, belowPlaces) = base
    var table = PageTable()
    var places: [Place] = []
    var gone = description.gone[...]
    var own = 0
    func appendOwn() {
      table.append(stored.indices[own], stored.roots[own])
      places.append(Place(layer: layer, position: UInt32(truncatingIfNeeded: own)))
      own += 1
    }
    for (position, index) in below.indices.enumerated() {
      while own < stored.count, stored.indices[own] < index { appendOwn() }
      let isOwn = own < stored.count && stored.indices[own] == index
      if gone.first == index, !isOwn {
        gone.removeFirst()
      } else if isOwn {
        appendOwn()
      } else {
        table.append(index, below.roots[position])
        places.append(belowPlaces[position])
      }
    }
    while own < stored.count { appendOwn() }
    guard gone.isEmpty, UInt64(table.count) == description.header.pageCount else {
      throw StreamError(
        .corrupt, path: name,
        message: "the pages of the delta and its base are not the \(description.header.pageCount)"
          + " pages of the state",
        remedy: "the program that wrote the file is faulty")
    }
    return (table, places)
  }
}
