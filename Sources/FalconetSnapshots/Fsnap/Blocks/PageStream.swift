import FalconetMachine
import FalconetStreams
import Keccak

/// Brings all pages of a state in ascending order from the blocks they are in.
///
/// Works on a few blocks at a time: they are read one after the other and unpacked on all cores. Of
/// each layer the last block is cached, so memory is bounded by the cores and the layers.
final class PageStream {
  private let map: PageMap
  private let layers: [any BlockSource]
  private let trustsPages: Bool
  private let workers = BlockWorkers()
  private var blocks: [Key: Block] = [:]
  /// The last block of each layer that was asked for.
  private var newest: [UInt64?]

  private struct Key: Hashable {
    let layer: Int
    let number: UInt64
  }

  private struct Block: Sendable {
    let bytes: [UInt8]
    /// Empty if pages are trusted.
    let roots: [Bytes32]
    let offset: UInt64
  }

  /// - Parameters:
  ///   - layers: the file itself, then its bases, the nearest first.
  ///   - trustsPages: whether pages are not hashed.
  init(_ map: PageMap, from layers: [any BlockSource], trustsPages: Bool) {
    self.map = map
    self.layers = layers
    self.trustsPages = trustsPages
    newest = Array(repeating: nil, count: layers.count)
  }

  /// Hands each page to `body` with the root that the page table gives, after it was checked
  /// against it.
  func visit(
    _ body: (UInt64, UnsafeRawBufferPointer, Bytes32) throws(StreamError) -> Void
  ) throws(StreamError) {
    var next = 0
    while next < map.places.count {
      let (end, keys) = window(from: next)
      try load(keys)
      while next < end {
        try deliver(next, body)
        next += 1
      }
      blocks = blocks.filter { newest[$0.key.layer] == $0.key.number }
    }
  }

  /// How far the pages reach for which a batch of blocks is enough, and those blocks.
  private func window(from start: Int) -> (end: Int, keys: [Key]) {
    var keys: [Key] = []
    var end = start
    while end < map.places.count {
      let key = key(of: map.places[end])
      if newest[key.layer] != key.number {
        if keys.count == workers.batch { break }
        newest[key.layer] = key.number
        keys.append(key)
      }
      end += 1
    }
    return (end, keys)
  }

  private func key(of place: PageMap.Place) -> Key {
    let layer = Int(place.layer)
    let pages = UInt32(truncatingIfNeeded: layers[layer].header.pagesPerBlock)
    return Key(layer: layer, number: UInt64(place.position / pages))
  }

  /// Reads and unpacks blocks.
  private func load(_ keys: [Key]) throws(StreamError) {
    var packed: [PackedBlock] = []
    for key in keys { packed.append(try layers[key.layer].block(key.number)) }
    let names = keys.map { layers[$0.layer].name }
    let unpacked = try workers.map(keys.count) {
      [packed, trustsPages] (worker, item) throws(StreamError) in
      let bytes = try packed[item].unpack(with: worker, name: names[item])
      return Block(
        bytes: bytes, roots: trustsPages ? [] : bytes.pageRoots(), offset: packed[item].offset)
    }
    for (key, block) in zip(keys, unpacked) { blocks[key] = block }
  }

  private func deliver(
    _ page: Int, _ body: (UInt64, UnsafeRawBufferPointer, Bytes32) throws(StreamError) -> Void
  ) throws(StreamError) {
    let place = map.places[page]
    let key = key(of: place)
    // The page's window loaded the block, or an earlier one did and it was cached as the newest.
    guard let block = blocks[key] else { return }
    let slot = Int(place.position) % layers[key.layer].header.pagesPerBlock
    if !trustsPages, block.roots[slot] != map.table.roots[page] {
      throw StreamError(
        .corrupt, path: layers[key.layer].name, offset: block.offset,
        message: "page \(map.table.indices[page]) in block \(key.number) does not have the root"
          + " in the page table",
        remedy: FsnapHeader.remedy)
    }
    try block.bytes.withPage(slot) { (bytes) throws(StreamError) in
      try body(map.table.indices[page], bytes, map.table.roots[page])
    }
  }
}

extension PackedBlock {
  /// The block's pages.
  func unpack(with worker: BlockWorker, name: String) throws(StreamError) -> [UInt8] {
    guard ZstdFrame.isPlain(frame, contentSize: byteCount) else {
      throw StreamError(
        .corrupt, path: name, offset: offset,
        message: "a block is not one zstd frame of \(byteCount) bytes with a checksum",
        remedy: FsnapHeader.remedy)
    }
    do {
      return try worker.decompress(frame, count: byteCount)
    } catch {
      var error = error.named(name)
      error.offset = offset
      throw error
    }
  }
}
