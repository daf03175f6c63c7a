import CFPVM
import FalconetForeignVM

/// Wrong arguments.
///
/// Safety: what a VM gets lives during the call, and rooms are larger than they say, so that a byte that is
/// written past them is seen.
extension ConformKit {
  // MARK: NULL

  func checkNull(_ table: fpvm_table, _ machine: ForeignMachine) throws(Ended) {
    let one = machine.handle
    var bytes = fpvm_bytes()
    var claim = [UInt8](repeating: 0, count: Int(FPVM_CLAIM_MAX))
    var info = fpvm_info(sized: ())
    var run = fpvm_run(sized: ())
    var stop = fpvm_stop(sized: ())
    var input = fpvm_input(sized: ())
    var place: OpaquePointer?
    let write: fpvm_write_fn = { _, _, _ in FPVM_OK }
    let none = "a machine that is NULL is an error"
    try expect("set_callbacks: \(none)", FPVM_INVALID) { table.set_callbacks(nil, nil, nil) }
    try expect("info: \(none)", FPVM_INVALID) { table.info(nil, &info, nil) }
    try expect("claim: \(none)", FPVM_INVALID) { table.claim(nil, &claim, 64, nil) }
    try expect("witness: \(none)", FPVM_INVALID) { table.witness(nil, &bytes, nil) }
    try expect("save_state: \(none)", FPVM_INVALID) { table.save_state(nil, &bytes, nil) }
    try expect("write_state: \(none)", FPVM_INVALID) { table.write_state(nil, write, nil, nil) }
    try expect("run: \(none)", FPVM_INVALID) { table.run(nil, &run, &stop, nil) }
    if let prove = table.prove {
      var proof: UnsafePointer<fpvm_proof>?
      try expect("prove: \(none)", FPVM_INVALID) { prove(nil, &proof, nil) }
      try expect("prove: no place is an error", FPVM_INVALID) { prove(one, nil, nil) }
    }
    if let clone = table.clone {
      try expect("clone: \(none)", FPVM_INVALID) { clone(nil, &place, nil) }
      try expect("clone: no place is an error", FPVM_INVALID) { clone(one, nil, nil) }
    }
    if let describe = table.describe {
      try expect("describe: \(none)", FPVM_INVALID) { describe(nil, &bytes, nil) }
      try expect("describe: no place is an error", FPVM_INVALID) { describe(one, nil, nil) }
    }
    try expect("info: no place is an error", FPVM_INVALID) { table.info(one, nil, nil) }
    try expect("claim: no place is an error", FPVM_INVALID) { table.claim(one, nil, 64, nil) }
    try expect("witness: no place is an error", FPVM_INVALID) { table.witness(one, nil, nil) }
    try expect("save_state: no place is an error", FPVM_INVALID) { table.save_state(one, nil, nil) }
    try expect("write_state: no callback is an error", FPVM_INVALID) {
      table.write_state(one, nil, nil, nil)
    }
    try expect("run: no structure is an error", FPVM_INVALID) { table.run(one, nil, &stop, nil) }
    try expect("run: no place is an error", FPVM_INVALID) { table.run(one, &run, nil, nil) }
    try expect("load_state: no input is an error", FPVM_INVALID) {
      table.load_state(nil, &place, nil)
    }
    try expect("load_state: no place is an error", FPVM_INVALID) {
      table.load_state(&input, nil, nil)
    }
    if let verify = table.verify {
      try expect("verify: no proof is an error", FPVM_INVALID) { verify(nil, nil) }
    }
    try check("freeing nothing does nothing") {
      try require(table.free_machine(nil) == FPVM_OK, "free_machine(NULL) fails")
      table.free_bytes(nil)
      table.free_bytes(&bytes)
      table.free_proof?(nil)
    }
    try check("bytes that are freed are none") {
      try require(table.witness(one, &bytes, nil) == FPVM_OK, "the witness cannot be had")
      table.free_bytes(&bytes)
      try require(bytes.bytes == nil && bytes.count == 0, "free_bytes leaves the bytes")
    }
  }

  // MARK: Inputs

  func checkInputs(_ table: fpvm_table) throws(Ended) {
    let loaders: [(String, () -> ((UnsafePointer<fpvm_input>) -> (Int32, OpaquePointer?)))] = [
      (
        "load_state",
        {
          { input in
            // What a loader leaves if it fails must be NULL, so it is something else before.
            var place = OpaquePointer(bitPattern: 8)
            let status = table.load_state(input, &place, nil)
            return (status, place)
          }
        }
      ),
      (
        "load_program",
        {
          { input in
            var place = OpaquePointer(bitPattern: 8)
            let status = table.load_program(input, &place, nil)
            return (status, place)
          }
        }
      ),
    ]
    for (name, loader) in loaders where name == "load_state" || table.load_program != nil {
      func expect(_ what: String, _ status: Int32, _ change: (inout fpvm_input) -> Void)
        throws(Ended)
      {
        try check("\(name): \(what)") {
          var input = fpvm_input(sized: ())
          change(&input)
          let (given, place) = loader()(&input)
          if given == FPVM_OK { _ = table.free_machine(place) }
          try require(
            given == status,
            "\(ForeignError.name(of: given)), not \(ForeignError.name(of: status))")
          try require(place == nil, "the machine is not NULL after a failure")
        }
      }
      try expect("a size of 0 is an error", FPVM_INVALID) { $0.size = 0 }
      try expect("a size that is too small is an error", FPVM_INVALID) { $0.size -= 1 }
      try expect("a size that is too large is an error", FPVM_INVALID) {
        $0.size = UInt64(FPVM_SIZE_MAX) + 1
      }
      try expect("there are as many kinds as the table says", FPVM_UNSUPPORTED) {
        $0.kind = UInt32(library.kinds.count)
      }
      try expect("reserved numbers are 0", FPVM_INVALID) { $0.reserved = 1 }
      try expect("bytes that are NULL are an error", FPVM_INVALID) { $0.bytes.count = 1 }
      try check("\(name): an unknown option is an error") {
        var text = "\u{1}conform"
        let status = text.withUTF8 { utf8 in
          utf8.withMemoryRebound(to: CChar.self) { chars -> Int32 in
            let word = fpvm_text(text: chars.baseAddress, count: UInt64(chars.count))
            var option = fpvm_option(name: word, value: word)
            return withUnsafePointer(to: &option) { option in
              var input = fpvm_input(sized: ())
              input.options = option
              input.option_count = 1
              return loader()(&input).0
            }
          }
        }
        try require(
          status == FPVM_UNSUPPORTED, "\(ForeignError.name(of: status)), not FPVM_UNSUPPORTED")
      }
      try check("\(name): an unknown part of a structure is an error") {
        let status = Larger(fpvm_input(sized: ()), filledWith: 1).with { loader()($0).0 }
        try require(
          status == FPVM_UNSUPPORTED, "\(ForeignError.name(of: status)), not FPVM_UNSUPPORTED")
      }
    }
  }
}
