/// Whole commands, from start to exit: what a user waits for.
extension Section {
  mutating func measureRuns(_ guests: Guests, _ options: Options) throws {
    let qemu = Child.find("qemu-mips64")
    if qemu == nil { notes.append("qemu-mips64 is not installed: nothing to compare with.") }
    var trials: [Trial] = []
    for guest in guests.all where guest.elf != nil {
      func add(_ who: String, _ child: Child) {
        trials.append(
          Trial(guest.name, who) { row in row.add(try child.run(), steps: guest.steps) })
      }
      add("falconet", Self.run(guest, options.falconet, options))
      add("portable", Self.run(guest, options.falconet, options, ["--engine", "portable"]))
      if let baseline = options.baseline {
        add("baseline", Self.run(guest, baseline, options))
      }
      if let qemu, let elf = guest.elf, guest.isForLinux {
        let host = guest.preimages.map { Child.Host(falconet: options.falconet, preimages: $0) }
        add("qemu-mips64", Child(path: qemu, arguments: [elf], host: host))
      }
    }
    try run(trials, rounds: options.rounds)
    if qemu != nil {
      for guest in guests.all where guest.isForLinux {
        addRatio(
          guest.name, "falconet to qemu-mips64", of: (guest.name, "falconet"),
          to: (guest.name, "qemu-mips64"), "speed")
      }
    }
    notes.append(
      "`run` from the uncompressed prestate, without output; of `hello` with symbols, and with the"
        + " last state written as .bin.gz. Speeds by processor time.")
  }

  private static func run(
    _ guest: Guest, _ falconet: String, _ options: Options, _ more: [String] = []
  ) -> Child {
    let isStartUp = guest.name == "hello"
    return Child(
      path: falconet,
      arguments: [
        "run", "--input", guest.prestate, "--info-at", "never",
        "--meta", isStartUp ? guest.symbols : "",
        "--output", isStartUp ? "\(options.work)/out.bin.gz" : "",
      ] + (guest.preimages.map { ["--preimages", $0] } ?? []) + more)
  }
}
