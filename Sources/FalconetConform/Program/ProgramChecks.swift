import FalconetELF
import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetSystem
import FalconetVectors
import Keccak

/// Commands, exit codes and state files of a program.
extension ProgramKit {
  // MARK: Command line

  func checkCommandLine() throws(Ended) {
    try check("witness writes the witness") {
      for revision in revisions {
        let example = try ProgramExample(revision)
        let path = newName("witness")
        let outcome = try run(
          ["witness", "--input", file(example.state, "bin"), "--output", path])
        try require(outcome.status == .exited(code: 0), "witness --output \(outcome.end)")
        let (summary, written) = (try outcome.summary(), try bytes(at: path))
        let expected = example.machine().witness()
        try require(
          summary.witness == expected,
          "version \(revision.version.rawValue): it prints another witness of \(summary.witness.count) bytes",
          input: example.state)
        try require(
          written == expected,
          "version \(revision.version.rawValue): it writes another witness of \(written.count) bytes",
          input: example.state)
        try require(
          summary.step == example.start && !summary.exited,
          "version \(revision.version.rawValue): it says step \(summary.step), exited \(summary.exited)",
          input: example.state)
      }
    }
    try checkLoading()
    try check("without --output there is no file") {
      let example = try ProgramExample(revisions[0])
      let before = folder.file("state.bin.gz")
      try succeed(from: file(example.state, "bin"), to: "", ["--stop-at", "=\(example.start + 2)"])
      try require(!exists(before) && !exists("out.bin.gz"), "a file is written")
    }
    let state: [UInt8]
    do { state = try ProgramExample(revisions[0]).state } catch { return skip("\(error)") }
    for (what, words) in Self.wrongCommands {
      try check("\(what) is an error") {
        let (input, output) = (try file(state, "bin"), newName("bin"))
        let outcome = try run(
          words.map { $0 == "INPUT" ? input : $0 == "OUTPUT" ? output : $0 }, results: [output])
        try require(
          outcome.status != .exited(code: 0) && outcome.status != .exited(code: 2),
          "it \(outcome.end), as after \(outcome.status == .exited(code: 2) ? "a panic" : "success")"
        )
        try require(!exists(output), "it writes a state all the same")
      }
    }
  }

  /// What is wrong with them is all that keeps them from success.
  private static let wrongCommands: [(String, [String])] = [
    ("a command that there is not", ["fly", "--input", "INPUT"]),
    (
      "a flag that there is not",
      [
        "run", "--input", "INPUT", "--output", "OUTPUT", "--meta", "", "--stop-at", "always",
        "--no-such-flag",
      ]
    ),
    ("a run without a state", ["run", "--output", "OUTPUT", "--meta", ""]),
    (
      "a state that there is not",
      ["run", "--input", "no-such-state.bin", "--output", "OUTPUT", "--meta", ""]
    ),
    ("a witness of no state", ["witness"]),
    ("a witness of a state that there is not", ["witness", "--input", "no-such-state.bin"]),
    (
      "a pattern that is none",
      ["run", "--input", "INPUT", "--output", "OUTPUT", "--meta", "", "--stop-at", "sometimes"]
    ),
    (
      "a type of pre-images that there is not",
      [
        "run", "--input", "INPUT", "--output", "OUTPUT", "--meta", "", "--stop-at", "always",
        "--stop-at-preimage-type", "moon",
      ]
    ),
  ]

  /// A program goes in as an ELF file.
  private func checkLoading() throws(Ended) {
    try check("load-elf makes the state of a program") {
      var loaded = 0
      var refusal = ""
      for revision in revisions {
        let version = revision.version
        let elf = TinyELF.bytes(version.wordSize, code: ProgramExample.code(version))
        let (input, output) = (try file(elf, "elf"), newName("bin.gz"))
        let outcome = try run([
          "load-elf", "--type", version.name, "--path", input, "--out", output, "--meta",
          newName("json"),
        ])
        // A program may load those of its newest version alone.
        guard outcome.status == .exited(code: 0) else {
          refusal = "\(version.name): it \(outcome.end)"
          continue
        }
        loaded += 1
        let expected = try version.loaders.map { loader in
          let prestate = try Prestate.load(
            ELFFile(bytes: elf, name: "program"), version: version, loader: loader)
          return Machine(state: prestate.state, memory: prestate.memory).claim().bytes
        }
        let claim = try claim(at: output)
        try require(
          expected.contains(claim),
          "the state of version \(version.rawValue) has the claim \(hex(claim)), not"
            + " \(expected.map(hex).joined(separator: " or "))", input: elf)
      }
      try require(loaded > 0, "it loads a program as none of its versions: \(refusal)")
    }
  }

  // MARK: Exit codes

  func checkExitCodes() throws(Ended) {
    for revision in revisions {
      let version = revision.version
      try check("a program that exits is a success, version \(version.rawValue)") {
        for code: UInt16 in [0, 1, 2, 7, 255] {
          let example = try ProgramExample(revision, exitCode: code)
          let (input, output) = (try file(example.state, "bin"), newName("bin"))
          let host = try server(example.preimages)
          try succeed(from: input, to: output, server: host.command)
          let summary = try run(["witness", "--input", output]).summary()
          try require(
            summary.exited && summary.exitCode == UInt64(code),
            "witness says exited \(summary.exited), exit code \(summary.exitCode ?? 0), not \(code)",
            input: example.state)
          try require(
            summary.claim == example.end.claim().bytes,
            "the claim is \(hex(summary.claim)), not \(hex(example.end.claim().bytes))",
            input: example.state)
          let again = newName("bin")
          try succeed(from: output, to: again)
          try require(
            try bytes(at: again) == bytes(at: output), "after the end it goes on",
            input: try bytes(at: output))
        }
      }
      try check("a panic is exit code 2, version \(version.rawValue)") {
        // A break, and an opcode that there is not.
        for word: UInt32 in [0x0000_000D, 0x4C00_0000] {
          var image = MachineImage(version, code: [Assembly.nop, word, Assembly.nop])
          image.state.scalars.heap = version.addressSpace.heapStart
          let state = try bytes(of: image, revision)
          let output = newName("bin")
          let outcome = try run(from: file(state, "bin"), to: output)
          try require(
            outcome.status == .exited(code: 2), "at an illegal instruction it \(outcome.end)",
            input: state)
          try require(!exists(output), "it writes a state after a panic", input: state)
        }
      }
      try check("a pre-image that is missing is no success, version \(version.rawValue)") {
        let example = try ProgramExample(revision)
        let output = newName("bin")
        let outcome = try run(from: file(example.state, "bin"), to: output)
        try require(
          outcome.status != .exited(code: 0) && !exists(output),
          "without a server of pre-images it \(outcome.end)", input: example.state)
      }
    }
  }

  // MARK: State files

  func checkStateFiles() throws(Ended) {
    for revision in revisions {
      let version = revision.version
      try check("states are read and written, version \(version.rawValue)") {
        for seed in UInt64(0)..<3 {
          let image = RandomProgram.image(version, seed: 8000 + seed, codeSize: 0x100)
          let state = try bytes(of: image, revision)
          let stop = ["--stop-at", "=\(image.state.scalars.step)"]
          // Each form in, each form out.
          let (plain, packed) = (newName("bin"), newName("bin.gz"))
          try succeed(from: file(state, "bin"), to: packed, stop)
          try require(
            try bytes(at: packed).starts(with: [0x1F, 0x8B]), "a file .bin.gz is not compressed",
            input: state)
          try succeed(from: packed, to: plain, stop)
          try require(
            try bytes(at: plain) == state, "a state that nothing happened to is written otherwise",
            input: state)
        }
      }
      // Cannon does not look behind the state.
      try check("a state that is cut is refused, version \(version.rawValue)") {
        let state = try ProgramExample(revision).state
        for place in sample(of: state.count, 12) {
          try refuse(Array(state.prefix(place)), "cut to \(place) bytes")
        }
      }
      try check("a state of another version is refused, version \(version.rawValue)") {
        let state = try ProgramExample(revision).state
        for number in [UInt8(StateVersion.allCases.count), 0xFF] {
          try refuse([number] + state.dropFirst(), "of version \(number)")
        }
      }
    }
  }

  private func refuse(_ state: [UInt8], _ what: String) throws {
    let (input, output) = (try file(state, "bin"), newName("bin"))
    for words in [
      ["witness", "--input", input],
      ["run", "--input", input, "--output", output, "--meta", "", "--stop-at", "always"],
    ] {
      let outcome = try run(words)
      try require(
        outcome.status != .exited(code: 0), "\(words[0]) takes a state \(what)", input: state)
    }
    try require(!exists(output), "it writes a state of one \(what)", input: state)
  }
}
