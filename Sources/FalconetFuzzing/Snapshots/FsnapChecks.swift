import FalconetSnapshots
import FalconetStreams

/// What the readers of `.fsnap` files promise: the one of streams and the one of single pages.
struct FsnapChecks: Sendable {
  private let base: MemoryFile
  private let snapshots: SnapshotChecks

  init() throws {
    base = try MemoryFile(try SampleStates.base().bytes)
    snapshots = SnapshotChecks(of: .fsnap, bases: .named(base.path))
  }

  func run(_ bytes: [UInt8]) throws {
    let image = try snapshots.run(bytes)
    let copy = try MemoryFile(bytes)
    let file: FsnapFile
    do throws(StreamError) {
      file = try FsnapFile(path: copy.path, bases: .named(base.path))
    } catch {
      if image != nil { try found("read as a stream, refused as a file: \(error)") }
      return
    }
    guard let image else {
      // What is wrong may be in any block, or behind the last one.
      for index in file.table.indices { _ = try? file.page(at: index) }
      return
    }
    guard file.table.indices == image.memory.pageIndices, file.state == image.state else {
      try found("the file and the stream differ")
    }
    for index in file.table.indices {
      guard let page = try file.page(at: index) else { try found("page \(index) is missing") }
      let isSame = image.memory.withPage(index) { $0.elementsEqual(page) }
      if !isSame { try found("page \(index) differs") }
    }
  }
}
