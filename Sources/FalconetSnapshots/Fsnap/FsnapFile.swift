import FalconetMachine
import FalconetStreams
import Keccak

/// A `.fsnap` file whose pages are fetched one by one.
///
/// Opening it checks everything but the blocks: the claim, the state, the pages' roots, of a delta
/// those of its bases too. A page is checked when it is fetched.
///
/// ```swift
/// let file = try FsnapFile(path: "5.fsnap")
/// let firstPage = try file.page(at: 0)
/// ```
package final class FsnapFile {
  private let file: StoredBlocks
  private let map: PageMap
  private let trustsPages: Bool
  private let worker = BlockWorker()

  /// Opens the file at `path`.
  ///
  /// - Parameters:
  ///   - bases: where the bases of a delta are looked for; beside the file if nil.
  ///   - trustPages: whether pages are not hashed when they are fetched.
  package init(
    path: String, bases: FsnapBaseLocation? = nil, trustPages: Bool = false
  ) throws(StreamError) {
    file = try StoredBlocks(path: path)
    map = try PageMap(
      file.description, name: path, bases: bases ?? .beside(file: path))
    trustsPages = trustPages
  }

  /// The header: claim, witness and counts.
  package var header: FsnapHeader { file.header }

  /// The state without its memory.
  package var state: MachineState { file.description.state }

  /// The pages of the state and their roots.
  package var table: PageTable { map.table }

  /// What a delta against this file is written with.
  package var base: FsnapBase {
    FsnapBase(
      name: FsnapBaseName(
        claim: header.claim, version: header.version, tableDigest: header.tableDigest),
      depth: header.depth, table: map.table)
  }

  /// The 4096 bytes of a page, or nil if the state doesn't have it. Reads one block.
  package func page(at index: UInt64) throws(StreamError) -> [UInt8]? {
    guard let position = map.table.position(of: index) else { return nil }
    let place = map.places[position]
    let source = place.layer == 0 ? file : map.bases[Int(place.layer) - 1]
    let pages = source.header.pagesPerBlock
    let block = try source.block(UInt64(Int(place.position) / pages))
    let bytes = try block.unpack(with: worker, name: source.name)
    let start = (Int(place.position) % pages) << 12
    let page = Array(bytes[start..<start + Memory.pageSize])
    guard trustsPages || page.pageRoots() == [map.table.roots[position]] else {
      throw StreamError(
        .corrupt, path: source.name, offset: block.offset,
        message: "page \(index) does not have the root in the page table",
        remedy: FsnapHeader.remedy)
    }
    return page
  }
}
