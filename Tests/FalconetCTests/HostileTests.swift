import CFalconet
import FalconetTestSupport
import Glibc
import Testing

/// Callers that pass what can't be right: an error, never a crash.
@Suite struct HostileTests {
  private var message: String { String(cString: falconet_error_message()) }

  /// A machine of a small guest, to be freed.
  static func machine() throws -> OpaquePointer {
    var machine: OpaquePointer?
    let elf = try Fixtures.elf("64/hello.elf")
    let status = falconet_machine_load_elf_memory(elf, elf.count, 8, &machine)
    try #require(status == FALCONET_OK)
    return try #require(machine)
  }

  @Test func `no machine is an error of every function that takes one`() {
    var (stop, step, count, flag) = (FALCONET_STOP_STEP, UInt64(7), 0, false)
    var (number, byte, hash) = (UInt32(0), UInt8(0), [UInt8](repeating: 9, count: 32))
    var (buffer, thread) = (falconet_buffer(), falconet_thread())
    var (proof, divergence): (OpaquePointer?, _) = (nil, falconet_divergence())
    let statuses = [
      falconet_machine_set_preimages(nil, nil, nil, nil),
      falconet_machine_set_preimage_folder(nil, "/"),
      falconet_machine_set_local_input(nil, 0, nil, 0),
      falconet_machine_set_output(nil, nil, nil),
      falconet_machine_set_engine(nil, FALCONET_ENGINE_JIT),
      falconet_machine_set_progress(nil, nil, 0, nil),
      falconet_machine_cancel(nil),
      falconet_machine_resume(nil),
      falconet_machine_set_stop_range(nil, 0, 0),
      falconet_machine_set_page_limit(nil, 0),
      falconet_machine_set_hint_limit(nil, 0),
      falconet_machine_run(nil, 0, 0, &stop),
      falconet_machine_run_events(nil, 0, 0, nil, &stop),
      falconet_machine_last_read(nil, &hash, &step),
      falconet_machine_version(nil, &number),
      falconet_machine_step(nil, &step),
      falconet_machine_exit(nil, &flag, &byte),
      falconet_machine_claim(nil, &hash),
      falconet_machine_witness(nil, &buffer),
      falconet_machine_page_count(nil, &step),
      falconet_machine_read_memory(nil, 0, &hash, 32),
      falconet_machine_thread_count(nil, &count),
      falconet_machine_thread(nil, 0, &thread),
      falconet_machine_save(nil, "/tmp/never.bin", FALCONET_FORMAT_AUTO),
      falconet_machine_prove(nil, &proof),
      falconet_answer_append(nil, nil, 0),
      falconet_answer_explain(nil, "why"),
      falconet_machine_diff(nil, nil, 1, nil, nil, nil),
      falconet_machine_bisect(nil, nil, 1, &divergence),
      falconet_machine_bisect_claims(nil, { _, _, _ in FALCONET_OK }, nil, 1, &divergence),
      falconet_machine_traceback(nil, nil, &buffer),
      falconet_machine_profile(nil, 1, nil, 0, &stop, &proof),
      falconet_proof_calldata(nil, nil, { _, _ in }, nil),
      falconet_program_check(nil, 8, nil, nil, nil, nil),
      falconet_profile_save(nil, "/tmp/never.svg"),
      falconet_profile_write(
        nil, FALCONET_PROFILE_PPROF, FALCONET_COMPRESSION_NONE, { _, _, _ in 0 }, nil),
    ]
    #expect(statuses.allSatisfy { $0 == FALCONET_INVALID_ARGUMENT })
    // Nothing was written.
    #expect(step == 7 && hash == [UInt8](repeating: 9, count: 32) && proof == nil)
    #expect(falconet_machine_free(nil) == FALCONET_OK)
    #expect(falconet_proof_free(nil) == FALCONET_OK)
    #expect(falconet_program_free(nil) == FALCONET_OK)
    #expect(falconet_profile_free(nil) == FALCONET_OK)
    falconet_buffer_free(nil)
  }

  @Test func `no pointer for a result is an error`() throws {
    let machine = try Self.machine()
    defer { falconet_machine_free(machine) }
    var proof: OpaquePointer?
    let statuses = [
      falconet_machine_open("/tmp", nil, nil),
      falconet_machine_open_memory(nil, 0, nil, nil),
      falconet_machine_load_elf("/tmp", 8, nil),
      falconet_machine_run(machine, 10, 0, nil),
      falconet_machine_last_read(machine, nil, nil),
      falconet_machine_version(machine, nil),
      falconet_machine_step(machine, nil),
      falconet_machine_exit(machine, nil, nil),
      falconet_machine_claim(machine, nil),
      falconet_machine_witness(machine, nil),
      falconet_machine_page_count(machine, nil),
      falconet_machine_read_memory(machine, 0, nil, 1),
      falconet_machine_thread_count(machine, nil),
      falconet_machine_thread(machine, 0, nil),
      falconet_machine_prove(machine, nil),
      falconet_machine_write(machine, FALCONET_FORMAT_BIN, FALCONET_COMPRESSION_NONE, nil, nil),
      falconet_machine_save(machine, nil, FALCONET_FORMAT_BIN),
      falconet_machine_set_local_input(machine, 1, nil, 5),
      falconet_proof_open(nil, nil),
      falconet_snapshot_describe("/tmp", nil, nil, nil),
      falconet_snapshot_convert(nil, nil, "/tmp/never.bin", FALCONET_FORMAT_BIN),
      falconet_snapshot_convert("/tmp", nil, nil, FALCONET_FORMAT_BIN),
      falconet_snapshot_diff(nil, nil, "/tmp", nil, 1, nil, nil, nil),
      falconet_machine_bisect(machine, machine, 1, nil),
      falconet_machine_bisect_claims(machine, nil, nil, 1, nil),
      falconet_machine_traceback(machine, nil, nil),
      falconet_machine_profile(machine, 1, nil, 0, nil, &proof),
      falconet_program_open(nil, nil),
    ]
    #expect(statuses.allSatisfy { $0 == FALCONET_INVALID_ARGUMENT })
    var step: UInt64 = 1
    #expect(falconet_machine_step(machine, &step) == FALCONET_OK && step == 0)
  }

  @Test func `a call that fails leaves its buffer empty`() {
    var byte: UInt8 = 7
    withUnsafeMutablePointer(to: &byte) { byte in
      var buffer = falconet_buffer(bytes: byte, count: 1)
      #expect(falconet_machine_witness(nil, &buffer) == FALCONET_INVALID_ARGUMENT)
      #expect(buffer.bytes == nil && buffer.count == 0)
    }
  }

  @Test func `values out of range are errors`() throws {
    let machine = try Self.machine()
    defer { falconet_machine_free(machine) }
    var stop = FALCONET_STOP_STEP
    var other: OpaquePointer? = machine
    var reading = falconet_reading()
    reading.format = falconet_format(77)
    let statuses = [
      falconet_machine_set_engine(machine, falconet_engine(4)),
      falconet_machine_set_stop_range(machine, 2, 1),
      falconet_machine_run(machine, 1, 2, &stop),
      falconet_machine_save(machine, "/tmp/never.bin", falconet_format(5)),
      falconet_machine_write(
        machine, FALCONET_FORMAT_AUTO, FALCONET_COMPRESSION_NONE, { _, _, _ in 0 }, nil),
      falconet_machine_write(
        machine, FALCONET_FORMAT_BIN, falconet_compression(3), { _, _, _ in 0 }, nil),
      falconet_machine_load_elf("/tmp/x.elf", 9, &other),
      falconet_machine_open("/tmp", &reading, &other),
      falconet_machine_open_memory("x", -1, nil, &other),
      falconet_machine_read_memory(machine, 0, &stop, -1),
    ]
    #expect(statuses.allSatisfy { $0 == FALCONET_INVALID_ARGUMENT })
    #expect(other == nil)
    // The bytes of a name that is not UTF-8 are told readably.
    #expect(falconet_machine_open([0x2F, -1, 0], nil, &other) == FALCONET_NOT_FOUND)
    #expect(message.contains("/\\xff: "))
  }

  @Test func `a source that cannot be opened is an error at once, and changes nothing`() throws {
    let folder = try TemporaryFolder()
    let machine = try Self.machine()
    defer { falconet_machine_free(machine) }
    #expect(falconet_machine_set_preimage_folder(machine, folder.path) == FALCONET_OK)
    #expect(falconet_machine_set_preimage_folder(machine, folder.file("none")) != FALCONET_OK)
    #expect(message.contains(folder.file("none")))
    var stop = FALCONET_STOP_STEP
    #expect(falconet_machine_run(machine, 10, 0, &stop) == FALCONET_OK)
  }

  @Test func `a handle of another kind, or one that is freed, is an error`() throws {
    let machine = try Self.machine()
    var proof: OpaquePointer?
    #expect(falconet_machine_prove(machine, &proof) == FALCONET_OK)
    #expect(falconet_proof_verify(proof, 8) == FALCONET_OK)
    #expect(falconet_proof_free(machine) == FALCONET_INVALID_ARGUMENT)
    #expect(falconet_machine_free(proof) == FALCONET_INVALID_ARGUMENT)
    #expect(falconet_machine_free(OpaquePointer(bitPattern: 0xDEAD)) == FALCONET_INVALID_ARGUMENT)
    #expect(falconet_machine_free(machine) == FALCONET_OK)
    #expect(falconet_proof_free(proof) == FALCONET_OK)
    #expect(falconet_proof_verify(proof, 8) == FALCONET_INVALID_ARGUMENT)
    #expect(message.contains("freed"))
    // No later handle is the same number.
    let later = try Self.machine()
    #expect(later != machine && later != proof)
    #expect(falconet_machine_free(machine) == FALCONET_INVALID_ARGUMENT)
    #expect(falconet_machine_free(later) == FALCONET_OK)
  }

  @Test func `callbacks that lie about what they read are an error`() throws {
    var machine: OpaquePointer?
    let reads: [(falconet_read_fn, falconet_status)] = [
      ({ _, _, count in Int64(count) + 1 }, FALCONET_IO_ERROR),
      ({ _, _, _ in -3 }, FALCONET_IO_ERROR),
      ({ _, _, _ in .min }, FALCONET_IO_ERROR),
      ({ _, _, _ in .max }, FALCONET_IO_ERROR),
      ({ _, _, _ in 0 }, FALCONET_BAD_DATA),
    ]
    for (read, expected) in reads {
      #expect(falconet_machine_open_stream(read, nil, nil, &machine) == expected)
      #expect(machine == nil)
    }
  }

  @Test func `random bytes open as nothing`() {
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<2_000 {
      var bytes = (0..<generator.below(400)).map { _ in UInt8(generator.below(256)) }
      if !bytes.isEmpty { bytes[0] = UInt8(generator.below(12)) }
      var handle: OpaquePointer?
      #expect(falconet_machine_open_memory(bytes, bytes.count, nil, &handle) != FALCONET_OK)
      #expect(falconet_proof_open_memory(bytes, bytes.count, &handle) != FALCONET_OK)
      #expect(falconet_machine_load_elf_memory(bytes, bytes.count, 8, &handle) != FALCONET_OK)
      #expect(handle == nil && !message.isEmpty)
    }
  }

  @Test func `a long message is cut between characters`() {
    let path = "/" + String(repeating: "é", count: 5_000)
    var handle: OpaquePointer?
    #expect(falconet_machine_open(path, nil, &handle) != FALCONET_OK)
    #expect((4_000..<4_096).contains(strlen(falconet_error_message())))
    #expect(String(validatingCString: falconet_error_message()) != nil)
  }
}
