import FalconetLibc
import FalconetSnapshots

/// A large state written, read and hashed in each format, and by general compressors.
extension Section {
  mutating func measureSnapshots(_ guests: Guests, _ options: Options) throws {
    guard let guest = guests["heap"] ?? guests.long else { return }
    let machine = try guest.machine()
    _ = try machine.run(until: .max)
    let image = MemoryImage(machine)
    let plain = "\(options.work)/last.bin"
    try Snapshot.save(image, path: plain)
    var trials: [Trial] = []
    for format in ["bin", "bin.gz", "fsnap"] {
      let path = "\(options.work)/last-of-round.\(format)"
      trials.append(
        Trial(".\(format) written", "falconet") { row in
          let time = try measured { try Snapshot.save(image, path: path) }
          row.add(time)
          row.add("size", .bytes, Self.size(of: path))
        })
      trials.append(
        Trial(".\(format) loaded", "falconet") { row in
          row.add(try measured { _ = try Snapshot.load(path: path) })
        })
      for (name, program) in [("falconet", options.falconet), ("baseline", options.baseline)] {
        guard let program else { continue }
        let child = Child(path: program, arguments: ["witness", "--input", path])
        trials.append(
          Trial("`witness` of .\(format)", name) { row in row.add(try child.run()) })
      }
    }
    for (name, level, suffix) in [("gzip", "-6", "gz"), ("zstd", "-3", "zst")] {
      guard let program = Child.find(name) else {
        notes.append("\(name) is not installed: nothing to compare with.")
        continue
      }
      let packed = "\(options.work)/last.bin.\(suffix)"
      let pack = Child(path: program, arguments: [level, "-k", "-f", "-q", plain])
      let unpack = Child(path: program, arguments: ["-t", "-q", packed])
      trials.append(
        Trial(".bin.\(suffix) written", "\(name) \(level)") { row in
          row.add(try pack.run())
          row.add("size", .bytes, Self.size(of: packed))
        })
      trials.append(Trial(".bin.\(suffix) tested", name) { row in row.add(try unpack.run()) })
    }
    try run(trials, rounds: options.rounds)
    notes.append(
      "The last state of \(guest.name), \(machine.memory.pageCount) pages,"
        + " \(Self.size(of: plain)) bytes as .bin. Writing includes fsync; `witness` is the whole"
        + " command.")
  }

  private static func size(of path: String) -> UInt64 {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_size) : 0
  }
}

extension Row {
  mutating func add(_ time: (wall: UInt64, processor: UInt64)) {
    add("wall", .nanoseconds, time.wall)
    add("processor", .nanoseconds, time.processor)
  }
}
