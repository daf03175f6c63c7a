import CFPVM
import FalconetLibc

/// A VM in a shared library that implements fpvm.h.
///
/// Safety: the table and what it points to live as long as the library, which stays loaded as long as this
/// object lives, and do not change. That the library does what fpvm.h says is its part: code that is
/// loaded into a process cannot be checked.
package final class ForeignLibrary: @unchecked Sendable {
  /// What a VM may have or lack.
  package struct Capabilities: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let loadProgram = Self(rawValue: FPVM_CAN_LOAD_PROGRAM)
    package static let clone = Self(rawValue: FPVM_CAN_CLONE)
    package static let prove = Self(rawValue: FPVM_CAN_PROVE)
    package static let verify = Self(rawValue: FPVM_CAN_VERIFY)
    package static let describe = Self(rawValue: FPVM_CAN_DESCRIBE)
    package static let stopAtRead = Self(rawValue: FPVM_CAN_STOP_AT_READ)
    package static let unload = Self(rawValue: FPVM_CAN_UNLOAD)
    package static let exactProofs = Self(rawValue: FPVM_HAS_EXACT_PROOFS)
  }

  /// A kind of state.
  package struct Kind: Sendable, Equatable {
    package var name: String
    package var description: String
    /// Nil if the sizes of witnesses vary.
    package var witnessSize: Int?
  }

  package let name: String
  package let version: String
  package let capabilities: Capabilities
  package let kinds: [Kind]
  /// The names of options as the VM takes them, with their descriptions.
  package let options: [(name: String, description: String)]
  /// The options of each input, by name and value.
  package let chosen: [(String, String)]
  /// Bytes of a claim.
  package let claimSize: Int
  /// The most steps by which a report of progress is late.
  package let progressLimit: UInt64
  /// What the functions are called through.
  package let table: UnsafePointer<fpvm_table>
  private let handle: UnsafeMutableRawPointer?

  /// Loads the library in a file.
  ///
  /// - Parameter options: the options of each input, by name and value.
  /// - Throws: ``ForeignError`` if the file is no library, has no table of this version, or has no such
  ///   option.
  package convenience init(
    path: String, options: [(String, String)] = []
  ) throws(ForeignError) {
    // A name without a slash would be looked up in the system's directories.
    let path = path.contains("/") ? path : "./" + path
    guard let handle = ForeignCalls.counted({ dlopen(path, RTLD_NOW | RTLD_LOCAL) }) else {
      throw ForeignError(
        FPVM_INVALID, "cannot load the library: \(dlerror().map { String(cString: $0) } ?? path)")
    }
    guard let symbol = dlsym(handle, FPVM_ENTRY) else {
      throw ForeignError(
        FPVM_INVALID, "\(path) has no function \(FPVM_ENTRY): it is no VM's library")
    }
    guard let table = ForeignCalls.counted({ fpvm_call_get(symbol) }) else {
      throw ForeignError(FPVM_UNSUPPORTED, "\(path): \(Self.fault(of: symbol))")
    }
    try self.init(table: table, handle: handle, chosen: options)
  }

  /// A VM whose library is loaded already.
  package convenience init(table: UnsafePointer<fpvm_table>) throws(ForeignError) {
    try self.init(table: table, handle: nil, chosen: [])
  }

  private init(
    table: UnsafePointer<fpvm_table>, handle: UnsafeMutableRawPointer?, chosen: [(String, String)]
  ) throws(ForeignError) {
    self.table = table
    self.handle = handle
    self.chosen = chosen
    let known = table.pointee
    name = try String(known.name, named: "the name").printableName
    version = try String(known.version, named: "the version").printableName
    capabilities = Capabilities(rawValue: known.capabilities)
    claimSize = Int(known.claim_size)
    progressLimit = known.progress_limit
    guard max(UInt64(known.kind_count), known.option_count) <= UInt64(FPVM_LIST_MAX) else {
      throw ForeignError(
        FPVM_INTERNAL,
        "the table of the VM has \(known.kind_count) kinds and \(known.option_count) options")
    }
    var kinds: [Kind] = []
    for number in 0..<Int(known.kind_count) {
      guard let kind = known.kinds?[number]?.pointee else {
        throw ForeignError(FPVM_INTERNAL, "kind \(number) of the VM is NULL")
      }
      kinds.append(
        Kind(
          name: try String(kind.name, named: "the name of kind \(number)").printableName,
          description: try String(kind.description, named: "the description of kind \(number)")
            .printable,
          witnessSize: kind.witness_size == 0 ? nil : Int(clamping: kind.witness_size)))
    }
    self.kinds = kinds
    var options: [(String, String)] = []
    for number in 0..<Int(known.option_count) {
      guard let option = known.options?[number]?.pointee else {
        throw ForeignError(FPVM_INTERNAL, "option \(number) of the VM is NULL")
      }
      options.append(
        (
          try String(option.name, named: "the name of option \(number)"),
          try String(option.description, named: "the description of option \(number)").printable
        ))
    }
    self.options = options
    for (name, _) in chosen where !options.contains(where: { $0.0 == name }) {
      throw ForeignError(
        FPVM_UNSUPPORTED,
        options.isEmpty
          ? "\(self.name) has no options"
          : "\(self.name) has no option \(name): it has"
            + " \(options.map(\.0.printableName).joined(separator: ", "))")
    }
  }

  deinit {
    if let handle, capabilities.contains(.unload) {
      ForeignCalls.counted { _ = dlclose(handle) }
    }
  }

  /// Why the table that a library gives cannot be used.
  private static func fault(of symbol: UnsafeMutableRawPointer) -> String {
    let get = unsafeBitCast(
      symbol, to: (@convention(c) (UInt32) -> UnsafePointer<fpvm_table>?).self)
    guard let table = ForeignCalls.counted({ get(FPVM_ABI) }) else {
      return "the VM does not have version \(FPVM_ABI) of fpvm.h"
    }
    // Its other members are there only if the size says so.
    let (size, least) = (table.pointee.size, UInt64(MemoryLayout<fpvm_table>.size))
    guard size >= least else {
      return "the table of the VM has \(size) bytes, and \(least) is the least"
    }
    let known = table.pointee
    guard known.abi == FPVM_ABI else { return "the table of the VM is of version \(known.abi)" }
    guard known.kind_count > 0, known.kinds != nil else {
      return "the table of the VM has no kinds of states"
    }
    guard 1...UInt64(FPVM_CLAIM_MAX) ~= known.claim_size else {
      return
        "the claims of the VM have \(known.claim_size) bytes; 1 to \(FPVM_CLAIM_MAX) are allowed"
    }
    let functions = [
      ("load_state", known.load_state == nil), ("free_machine", known.free_machine == nil),
      ("free_bytes", known.free_bytes == nil), ("set_callbacks", known.set_callbacks == nil),
      ("info", known.info == nil), ("claim", known.claim == nil),
      ("witness", known.witness == nil), ("claim_of_witness", known.claim_of_witness == nil),
      ("save_state", known.save_state == nil), ("write_state", known.write_state == nil),
      ("run", known.run == nil),
    ]
    let missing = functions.filter(\.1).map(\.0)
    // This is the second time that it is asked.
    guard !missing.isEmpty else { return "the VM gives another table each time that it is asked" }
    return "the table of the VM lacks \(missing.joined(separator: ", "))"
  }

  // MARK: Opening machines

  /// The first state of a program.
  ///
  /// - Parameter kind: the name of a kind; nil leaves it to the VM.
  package func loadProgram(
    _ bytes: [UInt8], kind: String? = nil, options: [(String, String)] = []
  ) throws(ForeignError) -> ForeignMachine {
    guard capabilities.contains(.loadProgram) else { throw lacks("load programs") }
    return try open(bytes, kind, options, fpvm_call_load_program)
  }

  /// The machine of a state's bytes.
  package func loadState(
    _ bytes: [UInt8], kind: String? = nil, options: [(String, String)] = []
  ) throws(ForeignError) -> ForeignMachine {
    try open(bytes, kind, options, fpvm_call_load_state)
  }

  private typealias Loader = (
    UnsafePointer<fpvm_table>?, UnsafePointer<fpvm_input>?, UnsafeMutablePointer<OpaquePointer?>?,
    UnsafeMutablePointer<fpvm_error>?
  ) -> Int32

  private func open(
    _ bytes: [UInt8], _ kind: String?, _ options: [(String, String)], _ load: Loader
  ) throws(ForeignError) -> ForeignMachine {
    var machine: OpaquePointer?
    let number = try kind.map { (name) throws(ForeignError) in try self.number(ofKind: name) }
    let texts = ForeignTexts()
    let chosen = (chosen + options).map {
      fpvm_option(name: texts.add($0.0), value: texts.add($0.1))
    }
    try foreignCall { error in
      bytes.withUnsafeBufferPointer { bytes in
        chosen.withUnsafeBufferPointer { chosen in
          var input = fpvm_input()
          input.size = UInt64(MemoryLayout<fpvm_input>.size)
          input.bytes = fpvm_bytes(bytes: bytes.baseAddress, count: UInt64(bytes.count))
          input.options = chosen.baseAddress
          input.option_count = UInt64(chosen.count)
          input.kind = number ?? FPVM_ANY_KIND
          return load(table, &input, &machine, error)
        }
      }
    }
    guard let machine else { throw ForeignError(FPVM_INTERNAL, "the VM gave no machine") }
    return ForeignMachine(machine, of: self)
  }

  /// The number of the kind of a name.
  package func number(ofKind name: String) throws(ForeignError) -> UInt32 {
    guard let number = kinds.firstIndex(where: { $0.name == name }) else {
      throw ForeignError(
        FPVM_UNSUPPORTED,
        "\(self.name) has no kind \(name): it has \(kinds.map(\.name).joined(separator: ", "))")
    }
    return UInt32(number)
  }

  /// The name of the kind of a number; nil if there is none.
  package func name(ofKind number: UInt32) -> String? {
    kinds.indices.contains(Int(number)) ? kinds[Int(number)].name : nil
  }

  func lacks(_ what: String) -> ForeignError {
    ForeignError(FPVM_UNSUPPORTED, "the VM \(name) cannot \(what)")
  }

  // MARK: Without a machine

  /// The claim of a witness.
  package func claim(ofWitness witness: [UInt8], kind: UInt32) throws(ForeignError) -> [UInt8] {
    var claim = [UInt8](repeating: 0, count: claimSize)
    try foreignCall { error in
      fpvm_call_claim_of_witness(
        table, kind, witness, UInt64(witness.count), &claim, UInt64(claim.count), error)
    }
    return claim
  }

  /// Verifies a proof.
  ///
  /// - Throws: ``ForeignError`` with the status `FPVM_REJECTED` if it does not hold.
  package func verify(_ proof: ForeignProof) throws(ForeignError) {
    guard capabilities.contains(.verify) else { throw lacks("verify proofs") }
    try foreignCall { error in
      proof.withStructure { fpvm_call_verify(table, $0, error) }
    }
  }
}

/// Copies of texts for one call.
///
/// Safety: each copy is allocated with its count, and freed with this object, which lives until the call has
/// returned.
final class ForeignTexts {
  private var copies: [UnsafeMutableBufferPointer<CChar>] = []

  deinit {
    for copy in copies { copy.deallocate() }
  }

  func add(_ text: String) -> fpvm_text {
    let bytes = Array(text.utf8)
    let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
    _ = copy.initialize(from: bytes.map(CChar.init(bitPattern:)))
    copies.append(copy)
    return fpvm_text(text: copy.baseAddress, count: UInt64(bytes.count))
  }
}
