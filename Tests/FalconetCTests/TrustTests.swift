import CFalconet
import FalconetSnapshots
import FalconetTestSupport
import Testing

/// Snapshots whose pages are not hashed when they are opened.
@Suite struct TrustTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("state.fsnap")
    let machine = try HostileTests.machine()
    defer { falconet_machine_free(machine) }
    try #require(falconet_machine_save(machine, path, FALCONET_FORMAT_AUTO) == FALCONET_OK)
  }

  private var message: String { String(cString: falconet_error_message()) }

  /// Puts other pages under the snapshot's roots and claim.
  private func forge() throws {
    let image = try Snapshot.load(path: path)
    var file = try ForgedFsnap(try #require(folder.read("state.fsnap")))
    // In a page that the first steps don't touch.
    let last = try #require(image.memory.pageIndices.max())
    try image.memory.storeWord(~image.memory.loadWord(at: last << 12), at: last << 12)
    try Snapshot.save(image, path: folder.file("other.fsnap"))
    file.takePages(from: try ForgedFsnap(try #require(folder.read("other.fsnap"))))
    try folder.write(file.bytes, to: "state.fsnap")
  }

  private func open(trusting: Bool) throws -> OpaquePointer {
    var reading = falconet_reading()
    reading.trust_pages = trusting
    var machine: OpaquePointer?
    let status = falconet_machine_open(path, &reading, &machine)
    try #require(status == FALCONET_OK, "\(message)")
    return try #require(machine)
  }

  private func isVerified(_ machine: OpaquePointer) throws -> Bool {
    var verified = false
    try #require(falconet_machine_is_verified(machine, &verified) == FALCONET_OK)
    return verified
  }

  /// The calls that hash pages.
  private func hashing(_ machine: OpaquePointer) -> [falconet_status] {
    var claim = [UInt8](repeating: 0, count: 32)
    var witness = falconet_buffer()
    var (proof, trace) = (OpaquePointer?.none, OpaquePointer?.none)
    let statuses = [
      falconet_machine_claim(machine, &claim),
      falconet_machine_witness(machine, &witness),
      falconet_machine_save(machine, folder.file("again.fsnap"), FALCONET_FORMAT_AUTO),
      falconet_machine_write(
        machine, FALCONET_FORMAT_FSNAP, FALCONET_COMPRESSION_NONE, { _, _, _ in 0 }, nil),
      falconet_trace_open_machine(folder.file("trace"), machine, nil, &trace),
      falconet_machine_prove(machine, &proof),
    ]
    falconet_buffer_free(&witness)
    falconet_trace_free(trace)
    falconet_proof_free(proof)
    return statuses
  }

  /// Runs with proofs that nobody receives.
  private func provingEachStep(_ machine: OpaquePointer) -> falconet_status {
    var events = falconet_events()
    events.proofs.every = 1
    var stop = FALCONET_STOP_STEP
    return falconet_machine_run_events(machine, 1, 0, &events, &stop)
  }

  @Test func `what is hashed at the opening is verified`() throws {
    let made = try HostileTests.machine()
    #expect(try isVerified(made))
    #expect(falconet_machine_free(made) == FALCONET_OK)
    let machine = try open(trusting: false)
    #expect(try isVerified(machine))
    #expect(hashing(machine).allSatisfy { $0 == FALCONET_OK })
    #expect(falconet_machine_free(machine) == FALCONET_OK)
    #expect(falconet_machine_is_verified(nil, nil) == FALCONET_INVALID_ARGUMENT)
  }

  @Test func `the first call that hashes pages compares them with the claim`() throws {
    let machine = try open(trusting: true)
    #expect(try !isVerified(machine))
    // Of this format no page is hashed.
    #expect(
      falconet_machine_save(machine, folder.file("a.bin"), FALCONET_FORMAT_AUTO) == FALCONET_OK)
    #expect(try !isVerified(machine))
    var claim = [UInt8](repeating: 0, count: 32)
    #expect(falconet_machine_claim(machine, &claim) == FALCONET_OK)
    #expect(try isVerified(machine))
    #expect(hashing(machine).allSatisfy { $0 == FALCONET_OK })
    #expect(falconet_machine_free(machine) == FALCONET_OK)
  }

  @Test func `pages that are not those of the claim are an error of every call that hashes them`()
    throws
  {
    try forge()
    for first in 0..<7 {
      let machine = try open(trusting: true)
      // Each of them as the first one.
      var claim = [UInt8](repeating: 7, count: 32)
      var (witness, proof) = (falconet_buffer(), OpaquePointer?.none)
      let status =
        switch first {
        case 0: falconet_machine_claim(machine, &claim)
        case 1: falconet_machine_witness(machine, &witness)
        case 2: falconet_machine_prove(machine, &proof)
        case 3: falconet_trace_open_machine(folder.file("t"), machine, nil, &proof)
        case 4: falconet_machine_save(machine, folder.file("b.fsnap"), FALCONET_FORMAT_AUTO)
        case 5: provingEachStep(machine)
        default:
          falconet_machine_write(
            machine, FALCONET_FORMAT_FSNAP, FALCONET_COMPRESSION_NONE, { _, _, _ in 0 }, nil)
        }
      #expect(status == FALCONET_BAD_DATA, "\(first)")
      #expect(message.contains("states the claim") && message.contains(path))
      #expect(claim == [UInt8](repeating: 7, count: 32) && proof == nil)
      #expect(hashing(machine).allSatisfy { $0 == FALCONET_BAD_DATA })
      #expect(try !isVerified(machine))
      #expect(falconet_machine_free(machine) == FALCONET_OK)
    }
    #expect(folder.names.sorted() == ["other.fsnap", "state.fsnap"])
    var machine: OpaquePointer?
    #expect(falconet_machine_open(path, nil, &machine) == FALCONET_BAD_DATA)
  }

  @Test func `what a machine gives after a step stays unverified, and says so`() throws {
    try forge()
    let machine = try open(trusting: true)
    var stop = FALCONET_STOP_STEP
    #expect(falconet_machine_run(machine, 1, 0, &stop) == FALCONET_OK)
    #expect(hashing(machine).allSatisfy { $0 == FALCONET_OK })
    #expect(try !isVerified(machine))
    #expect(falconet_machine_free(machine) == FALCONET_OK)
  }
}
