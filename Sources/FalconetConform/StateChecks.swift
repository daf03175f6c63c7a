import CFPVM
import FalconetForeignVM

/// Streams, and states that are corrupt.
///
/// Safety: contexts are objects that live until the call has returned.
extension ConformKit {
  /// The bytes that `write_state` writes.
  func streamed(_ machine: ForeignMachine) throws -> [UInt8] {
    let bytes = StreamBytes()
    let status = library.table.pointee.write_state(
      machine.handle,
      { context, bytes, count in
        guard let context, let piece = [UInt8](foreign: bytes, count: count) else {
          return FPVM_INVALID
        }
        Unmanaged<StreamBytes>.fromOpaque(context).takeUnretainedValue().bytes += piece
        return FPVM_OK
      }, Unmanaged.passUnretained(bytes).toOpaque(), nil)
    try require(status == FPVM_OK, "write_state: \(ForeignError.name(of: status))")
    return withExtendedLifetime(bytes) { bytes.bytes }
  }

  /// The machine that a stream gives.
  func read(_ bytes: [UInt8], inPiecesOf size: Int) throws -> ForeignMachine {
    let stream = StreamBytes(bytes, pieces: size)
    var input = fpvm_input(sized: ())
    input.context = Unmanaged.passUnretained(stream).toOpaque()
    input.read = { context, place, room, count in
      guard let context, let place, let count, room > 0 else { return FPVM_INVALID }
      return Unmanaged<StreamBytes>.fromOpaque(context).takeUnretainedValue()
        .read(into: UnsafeMutableBufferPointer(start: place, count: Int(clamping: room)), count)
    }
    var machine: OpaquePointer?
    let status = withExtendedLifetime(stream) {
      library.table.pointee.load_state(&input, &machine, nil)
    }
    guard status == FPVM_OK, let machine else {
      throw ForeignError(status, "load_state of a stream")
    }
    return ForeignMachine(machine, of: library)
  }

  func checkStates(_ reference: ReferenceRun) throws(Ended) {
    try checkStateWithHint()
    try check("a state that is cut or longer is refused") {
      for step in [reference.samples.first, reference.samples.last].compactMap({ $0 }) {
        let state = try open(at: step).state()
        for count in sample(of: state.count, 32) {
          try refuse(Array(state.prefix(count)), "cut", step)
        }
        try refuse(state + [0], "with a byte more", step)
      }
    }
    try check("a state with another byte is refused") {
      for step in [reference.samples.first, reference.samples.last].compactMap({ $0 }) {
        let machine = try open(at: step)
        let (state, claim) = try (machine.state(), machine.claim())
        for place in sample(of: state.count, 120) {
          var other = state
          other[place] ^= 1 << UInt8(place & 7)
          tries(other)
          let loaded = try? library.loadState(other)
          tested()
          guard let loaded else { continue }
          // A byte that says nothing of the state may be another.
          try require(
            place >= claim.count, "the state begins with another claim, and loads", step: step,
            input: other)
          try require(
            try loaded.claim() == claim,
            "with another byte \(place) it is another state with the"
              + " same claim in front", step: step, input: other)
          try require(
            try loaded.info() == machine.info(),
            "with another byte \(place) it has the claim, but is another machine", step: step,
            input: other)
          try require(
            try loaded.state() == state,
            "with another byte \(place) it has the claim, but another state",
            step: step, input: other)
        }
      }
    }
    if library.kinds.count > 1 {
      try check("a state is refused as one of another kind") {
        let machine = try open(at: reference.samples.first ?? 0)
        let (state, kind) = try (machine.state(), machine.info().kind)
        for (number, other) in library.kinds.enumerated() where number != kind {
          let status = status { _ = try library.loadState(state, kind: other.name) }
          try require(
            status == FPVM_BAD_DATA,
            "a state of kind \(kind) as \(other.name): \(ForeignError.name(of: status)), not FPVM_BAD_DATA",
            input: state)
        }
      }
    }
    try check("what is no state is refused") {
      for count in [0, 1, library.claimSize, 1000] {
        try refuse(
          (0..<count).map { _ in UInt8.random(in: 0...255, using: &numbers) }, "made up", nil)
        try refuse([UInt8](repeating: 0, count: count), "of zeros", nil)
      }
    }
    try check("a stream that fails is an error of the callback") {
      let state = try open(at: reference.samples.first ?? 0).state()
      var input = fpvm_input(sized: ())
      input.read = { _, _, _, _ in FPVM_CALLBACK }
      try requireStreamError(input)
      input.read = { _, _, room, count in
        count?.pointee = room + 1
        return FPVM_OK
      }
      try requireStreamError(input)
      let machine = try library.loadState(state)
      let status = library.table.pointee.write_state(machine.handle, { _, _, _ in 77 }, nil, nil)
      try require(
        status == FPVM_CALLBACK,
        "a write that fails: \(ForeignError.name(of: status)), not FPVM_CALLBACK")
    }
    guard library.capabilities.contains(.loadProgram) else { return }
    try check("a corrupt program is an error, or another program") {
      for place in sample(of: program.bytes.count, 64) {
        var other = program.bytes
        other[place] ^= 1 << UInt8(place & 7)
        tries(other)
        let machine = try? library.loadProgram(other)
        _ = try? machine?.run(until: 100)
        _ = try machine?.claim()
        tested()
        _ = try? library.loadProgram(Array(program.bytes.prefix(place)))
      }
    }
  }

  private func requireStreamError(_ input: fpvm_input) throws {
    var (input, place) = (input, OpaquePointer(bitPattern: 8))
    let status = library.table.pointee.load_state(&input, &place, nil)
    try require(
      status == FPVM_CALLBACK,
      "a read that fails: \(ForeignError.name(of: status)), not FPVM_CALLBACK")
    try require(place == nil, "the machine is not NULL after a failure")
  }

  private func refuse(_ state: [UInt8], _ what: String, _ step: UInt64?) throws {
    tries(state)
    let status = status { _ = try library.loadState(state) }
    try require(
      status == FPVM_BAD_DATA,
      "a state \(what), of \(state.count) bytes: \(ForeignError.name(of: status)), not FPVM_BAD_DATA",
      step: step, input: state)
  }
}

/// The bytes of a stream.
///
/// Safety: the room of a read is as large as it says, which is the VM's part.
private final class StreamBytes {
  var bytes: [UInt8]
  private var place = 0
  private let pieces: Int

  init(_ bytes: [UInt8] = [], pieces: Int = 1) {
    self.bytes = bytes
    self.pieces = pieces
  }

  func read(into room: UnsafeMutableBufferPointer<UInt8>, _ count: UnsafeMutablePointer<UInt64>)
    -> Int32
  {
    let part = bytes[place...].prefix(min(pieces, room.count))
    for (number, byte) in part.enumerated() { room[number] = byte }
    place += part.count
    count.pointee = UInt64(part.count)
    return FPVM_OK
  }
}
