import CFPVM
import FalconetForeignVM

/// Wrong arguments.
///
/// Safety: what a VM gets lives during the call, and rooms are larger than they say, so that a byte that is
/// written past them is seen.
extension ConformKit {
  func checkArguments(_ reference: ReferenceRun) throws(Ended) {
    let table = library.table.pointee
    var opened: ForeignMachine?
    try check("a machine opens") {
      opened = try open(at: reference.samples.first ?? 0)
      tested()
    }
    guard let machine = opened else { return }
    try checkNull(table, machine)
    try checkInputs(table)
    try checkResults(table, machine)
    try checkRuns(table, machine)
    try checkErrors(table, machine)
    try check("calls that fail leave the machine as it is") {
      guard let step = reference.samples.first else { return }
      try require(
        try machine.info().step == step && machine.claim() == reference.claims[step],
        "the machine has another claim after calls that failed", step: step)
    }
  }

  func expect(
    _ name: String, _ status: Int32, _ call: () -> Int32
  ) throws(Ended) {
    try check(name) {
      let given = call()
      try require(
        given == status,
        "\(ForeignError.name(of: given)), not \(ForeignError.name(of: status))")
    }
  }

  // MARK: Results

  private func checkResults(_ table: fpvm_table, _ machine: ForeignMachine) throws(Ended) {
    let one = machine.handle
    try check("claim: too little room is an error, and nothing is written") {
      for room in [0, library.claimSize - 1] {
        var claim = [UInt8](repeating: 0xA5, count: 64)
        let status = table.claim(one, &claim, UInt64(room), nil)
        try require(
          status == FPVM_INVALID, "\(ForeignError.name(of: status)), not FPVM_INVALID")
        try require(claim.allSatisfy { $0 == 0xA5 }, "claim writes without room")
      }
    }
    try check("claim: no more than the claim is written") {
      var claim = [UInt8](repeating: 0xA5, count: 128)
      try require(table.claim(one, &claim, 128, nil) == FPVM_OK, "the claim cannot be had")
      try require(
        claim[library.claimSize...].allSatisfy { $0 == 0xA5 }, "more than the claim is written")
    }
    try check("info: all sizes are kept") {
      var small = fpvm_info(sized: ())
      small.size -= 8
      try require(
        table.info(one, &small, nil) == FPVM_INVALID, "a size that is too small is no error")
      let larger = Larger(fpvm_info(sized: ()), filledWith: 0xA5)
      let status = larger.with { table.info(one, UnsafeMutablePointer(mutating: $0), nil) }
      try require(status == FPVM_OK, "a larger structure is an error")
      try require(larger.rest.allSatisfy { $0 == 0 }, "a part that is not known is not set to zero")
      try require(larger.isWhole, "bytes past the structure are written")
    }
  }

  // MARK: Runs

  private func checkRuns(_ table: fpvm_table, _ machine: ForeignMachine) throws(Ended) {
    let one = machine.handle
    func expect(
      _ what: String, _ status: Int32, _ change: (inout fpvm_run, inout fpvm_stop) -> Void
    ) throws(Ended) {
      try self.expect("run: \(what)", status) {
        var (run, stop) = (fpvm_run(sized: ()), fpvm_stop(sized: ()))
        change(&run, &stop)
        return table.run(one, &run, &stop, nil)
      }
    }
    try expect("a size of 0 is an error", FPVM_INVALID) { run, _ in run.size = 0 }
    try expect("a size that is too small is an error", FPVM_INVALID) { run, _ in run.size -= 1 }
    try expect("a result that is too small is an error", FPVM_INVALID) { _, stop in stop.size -= 1 }
    try expect("reserved numbers are 0", FPVM_INVALID) { run, _ in run.reserved = 1 }
    try expect("an unknown flag is an error", FPVM_UNSUPPORTED) { run, _ in run.flags = 1 << 31 }
    if !library.capabilities.contains(.stopAtRead) {
      try expect("a flag without its capability is an error", FPVM_UNSUPPORTED) { run, _ in
        run.flags = FPVM_STOP_AT_READ
      }
    }
    try self.expect("run: an unknown part of a structure is an error", FPVM_UNSUPPORTED) {
      var stop = fpvm_stop(sized: ())
      return Larger(fpvm_run(sized: ()), filledWith: 1).with { table.run(one, $0, &stop, nil) }
    }
    try self.expect("run: a larger structure of zeros is none", FPVM_OK) {
      var stop = fpvm_stop(sized: ())
      return Larger(fpvm_run(sized: ()), filledWith: 0).with { table.run(one, $0, &stop, nil) }
    }
    try check("run: all sizes of the result are kept") {
      var (run, stop) = (fpvm_run(sized: ()), fpvm_stop(sized: ()))
      stop.reserved = 0x5A5A_5A5A
      let larger = Larger(stop, filledWith: 0xA5)
      let (status, given) = larger.with { place in
        let place = UnsafeMutablePointer(mutating: place)
        return (table.run(one, &run, place, nil), place.pointee)
      }
      try require(status == FPVM_OK, "a larger result is an error")
      try require(given.reserved == 0, "the reserved number is not set to 0")
      try require(larger.rest.allSatisfy { $0 == 0 }, "a part that is not known is not set to zero")
      try require(larger.isWhole, "bytes past the result are written")
    }
    try self.expect("set_callbacks: a size that is too small is an error", FPVM_INVALID) {
      var callbacks = fpvm_callbacks()
      callbacks.size = 8
      return table.set_callbacks(one, &callbacks, nil)
    }
    try self.expect("set_callbacks: an unknown part is an error", FPVM_UNSUPPORTED) {
      var callbacks = fpvm_callbacks()
      callbacks.size = UInt64(MemoryLayout<fpvm_callbacks>.size)
      return Larger(callbacks, filledWith: 1).with { table.set_callbacks(one, $0, nil) }
    }
  }

  // MARK: Texts of errors

  private func checkErrors(_ table: fpvm_table, _ machine: ForeignMachine) throws(Ended) {
    var run = fpvm_run(sized: ())
    run.flags = 1 << 31
    for room in [0, 1, 7, 200] {
      try check("an error's text keeps to its room of \(room) bytes") {
        var text = [CChar](repeating: 0x55, count: room + 16)
        var stop = fpvm_stop(sized: ())
        let (status, count) = text.withUnsafeMutableBufferPointer { text -> (Int32, UInt64) in
          var error = fpvm_error(
            size: UInt64(MemoryLayout<fpvm_error>.size), text: text.baseAddress,
            room: UInt64(room), count: 0)
          let status = table.run(machine.handle, &run, &stop, &error)
          return (status, error.count)
        }
        try require(status != FPVM_OK, "an unknown flag is no error")
        try require(count <= UInt64(room), "the text has \(count) bytes, more than the room")
        try require(text[room...].allSatisfy { $0 == 0x55 }, "the text goes past its room")
        try require(room < 200 || count > 0, "the error has no text")
        let bytes = text[..<Int(count)].map(UInt8.init(bitPattern:))
        try require(
          String(validating: bytes, as: UTF8.self) != nil, "the text is not UTF-8", input: bytes)
      }
    }
    try check("a call that succeeds writes no error") {
      var text: CChar = 0x55
      var info = fpvm_info(sized: ())
      let count = withUnsafeMutablePointer(to: &text) { text in
        var error = fpvm_error(
          size: UInt64(MemoryLayout<fpvm_error>.size), text: text, room: 1, count: 99)
        _ = table.info(machine.handle, &info, &error)
        return error.count
      }
      try require(count == 99 && text == 0x55, "the text is written")
    }
  }
}

/// A structure with a part after it that no VM knows, and bytes after that which nobody may write.
///
/// Safety: the room is allocated with the size that is used, and freed with this object.
final class Larger<Structure> {
  private static var added: Int { 24 }
  private let room: UnsafeMutableRawBufferPointer
  private let known = MemoryLayout<Structure>.size

  init(_ structure: Structure, filledWith filler: UInt8) {
    room = .allocate(byteCount: known + Self.added + 16, alignment: 16)
    room.initializeMemory(as: UInt8.self, repeating: 0x55)
    for place in known..<known + Self.added { room[place] = filler }
    withUnsafeBytes(of: structure) { room.copyBytes(from: $0) }
    room.storeBytes(of: UInt64(known + Self.added), as: UInt64.self)
  }

  deinit { room.deallocate() }

  func with<Value>(_ body: (UnsafePointer<Structure>) -> Value) -> Value {
    withExtendedLifetime(self) {
      body(UnsafePointer(room.baseAddress!.assumingMemoryBound(to: Structure.self)))
    }
  }

  /// The part that no VM knows.
  var rest: [UInt8] { Array(room[known..<known + Self.added]) }

  /// Whether nothing is written after it.
  var isWhole: Bool { room[(known + Self.added)...].allSatisfy { $0 == 0x55 } }
}

/// Structures that are zero but for their sizes.
extension fpvm_input {
  init(sized: Void) {
    self.init()
    size = UInt64(MemoryLayout<Self>.size)
    kind = FPVM_ANY_KIND
  }
}

extension fpvm_info {
  init(sized: Void) {
    self.init()
    size = UInt64(MemoryLayout<Self>.size)
  }
}

extension fpvm_run {
  init(sized: Void) {
    self.init()
    size = UInt64(MemoryLayout<Self>.size)
  }
}

extension fpvm_stop {
  init(sized: Void) {
    self.init()
    size = UInt64(MemoryLayout<Self>.size)
  }
}
