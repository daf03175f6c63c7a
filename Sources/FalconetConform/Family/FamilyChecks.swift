import CFPVM
import FalconetELF
import FalconetForeignVM
import FalconetMachine
import FalconetOracle
import FalconetVectors
import Keccak

/// State files of a VM of Cannon's family.
extension ConformKit {
  /// Vectors that are looked at for more than their claims: some of each area and kind.
  ///
  /// - Parameters:
  ///   - distance: one of each so many.
  ///   - few: about how many of each area, if little is looked at.
  func samples(
    _ areas: [VectorArea], _ distance: Int, few: Int = 4
  ) throws -> [(StepVector, String)] {
    var result: [(StepVector, String)] = []
    for area in areas {
      let vectors = try self.vectors(area)
      let distance = effort.distance(of: vectors.count, distance, quickly: few)
      for (number, vector) in vectors.enumerated() where number % distance == 0 {
        if let kind = kind(among: vector.kinds) { result.append((vector, kind)) }
      }
    }
    return result
  }

  // MARK: State files

  func checkStateFiles() throws(Ended) {
    try check("a state goes through the VM's own format") {
      for (vector, kind) in try samples([.scheduler, .futexes, .programs, .preimages], 3, few: 12) {
        tries(vector.state)
        let machine = try library.loadProgram(vector.state, kind: kind)
        let state = try machine.state()
        try require(
          try library.loadState(state, kind: kind).claim() == machine.claim(),
          "\(vector.name), \(kind): the state that is read has another claim", input: vector.state)
        try require(
          try library.loadState(state).info() == machine.info(),
          "\(vector.name), \(kind): the state that is read is of another kind or step",
          input: vector.state)
      }
    }
    try check("a state on the way goes through the VM's own format") {
      // Unfinished hints, threads that wait, reservations.
      let areas: [VectorArea] = [.preimages, .systemCalls, .scheduler, .futexes, .reservations]
      for (vector, kind) in try samples(areas, 6, few: 12) where vector.steps > 1 {
        tries(vector.state)
        let machine = try library.loadProgram(vector.state, kind: kind)
        try machine.setHost(RecordingHost(ConformProgram(vector)).host)
        let start = try machine.info().step
        let place = start &+ vector.steps / 2
        try machine.run(until: place)
        let state = try machine.state()
        tries(state)
        let loaded = try library.loadState(state, kind: kind)
        try require(
          try loaded.claim() == machine.claim(),
          "\(vector.name), \(kind): the state that is read has another claim", step: place,
          input: state)
        try loaded.setHost(RecordingHost(ConformProgram(vector)).host)
        try loaded.run(until: start &+ vector.steps)
        try require(
          try loaded.claim() == vector.claim.bytes,
          "\(vector.name), \(kind): the state that is read leads to another claim", step: place,
          input: state)
      }
    }
    try check("the memory that a machine has is that of the state's pages, if it is told") {
      for (vector, kind) in try samples([.memory, .programs], 24, few: 4) {
        guard let pages = StatePages(vector.state) else { continue }
        tries(vector.state)
        let memory = try library.loadProgram(vector.state, kind: kind).info().memory
        let expected = UInt64(pages.count) << 12
        try require(
          memory == 0 || memory == expected,
          "\(vector.name), \(kind): the machine has \(memory) bytes of memory, not \(expected)",
          input: vector.state)
      }
      // Programs that change their code among them.
      for (vector, kind) in try samples([.programs], 3, few: 16) {
        tries(vector.state)
        let machine = try library.loadProgram(vector.state, kind: kind)
        try machine.setHost(RecordingHost(ConformProgram(vector)).host)
        guard (try? machine.run(until: machine.info().step &+ vector.steps)) != nil else {
          continue
        }
        let state = try machine.state()
        let (memory, expected) = (
          try machine.info().memory, try library.loadState(state, kind: kind).info().memory
        )
        try require(
          memory == expected,
          "\(vector.name), \(kind): the machine has \(memory) bytes of memory, and one of its state"
            + " has \(expected)", step: try machine.info().step, input: vector.state)
      }
    }
    try checkStateOfManyPages()
    try check("a state file that is cut or longer is refused") {
      for (vector, kind) in try samples([.scheduler, .recorded], 20, few: 2) {
        for count in sample(of: vector.state.count, 40) {
          try refuse(
            Array(vector.state.prefix(count)), kind, "\(vector.name) cut to \(count) bytes")
        }
        try refuse(vector.state + [0], kind, "\(vector.name) with a byte more")
      }
    }
    try check("a state file of another version is refused") {
      for (vector, kind) in try samples([.recorded], 3) {
        for version in [UInt8(StateVersion.allCases.count), 0x7F, 0xFF] {
          try refuse([version] + vector.state.dropFirst(), kind, "of version \(version)")
        }
      }
    }
    try check("pages come in any order, and none twice") {
      for (vector, kind) in try samples([.memory, .programs], 12) {
        guard let pages = StatePages(vector.state), pages.count > 1 else { continue }
        let claim = try library.loadProgram(vector.state, kind: kind).claim()
        let other = pages.exchanged(0, pages.count - 1)
        tries(other)
        try require(
          try library.loadProgram(other, kind: kind).claim() == claim,
          "\(vector.name) with its pages in another order has another claim", input: other)
        for (from, to) in [(0, 1), (pages.count - 1, 0)] {
          try refuse(pages.repeating(from, at: to), kind, "\(vector.name) with a page twice")
        }
      }
    }
    try checkELF()
    try check("a corrupt state file is refused, or is another state") {
      for (vector, kind) in try samples([.scheduler, .preimages], 24, few: 2) {
        // What is before the pages: counts, flags, threads.
        let ends = 64
        for place in 0..<min(vector.state.count, 4096) where place < ends || place % 37 == 0 {
          // Each place with one of them in one state or another.
          let changes: [UInt8] = place % 3 == 0 ? [0x01] : place % 3 == 1 ? [0x80] : [0xFF]
          for change in changes {
            var other = vector.state
            other[place] ^= change
            tries(other)
            let status = status {
              let machine = try library.loadProgram(other, kind: kind)
              try machine.setHost(RecordingHost(ConformProgram(vector)).host)
              _ = try machine.claim()
            }
            try require(
              [FPVM_OK, FPVM_BAD_DATA, FPVM_UNSUPPORTED, FPVM_NO_MEMORY].contains(status),
              "with another byte \(place): \(ForeignError.name(of: status))", input: other)
          }
        }
      }
    }
  }

  /// A VM may take programs as ELF files too.
  private func checkELF() throws(Ended) {
    try check("an ELF file is the first state of its program, if it is taken") {
      for kind in library.kinds.map(\.name) {
        guard let version = VectorKind.revision(kind)?.version else { continue }
        let elf = TinyELF.bytes(version.wordSize, code: [Assembly.nop, Assembly.syscall])
        tries(elf)
        guard let machine = try? library.loadProgram(elf, kind: kind) else { continue }
        let claim = try machine.claim()
        let expected = try version.loaders.map { loader in
          let prestate = try Prestate.load(
            ELFFile(bytes: elf, name: "program"), version: version, loader: loader)
          return Machine(state: prestate.state, memory: prestate.memory).claim().bytes
        }
        try require(
          expected.contains(claim),
          "as \(kind) it has the claim \(hex(claim)), not"
            + " \(expected.map(hex).joined(separator: " or "))", input: elf)
      }
    }
  }

  private func refuse(_ state: [UInt8], _ kind: String, _ what: String) throws {
    tries(state)
    let status = status { _ = try library.loadProgram(state, kind: kind) }
    try require(
      [FPVM_BAD_DATA, FPVM_UNSUPPORTED].contains(status),
      "a state file \(what): \(ForeignError.name(of: status)), not FPVM_BAD_DATA", input: state)
  }
}
