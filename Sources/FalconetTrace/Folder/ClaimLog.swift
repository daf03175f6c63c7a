import FalconetStreams
import Glibc
import Keccak
import SystemPackage

/// The claims of a trace that are known, in a file that only grows.
///
/// A record has 44 bytes: index, 8 bytes big-endian; the claim after that step, 32 bytes; CRC-32 of
/// the 40 bytes before, 4 bytes big-endian. A crash can leave part of a record at the end, which is
/// dropped. Anything else that is wrong has the file put aside, and what is right written anew.
final class ClaimLog {
  private static let recordBytes = 44
  private let folder: TraceFolder
  private var file: FileDescriptor?
  private var size: Int64 = 0
  private(set) var claims: [UInt64: Bytes32] = [:]

  init(_ folder: TraceFolder) throws(TraceError) {
    self.folder = folder
    try read()
  }

  deinit { try? file?.close() }

  private func read() throws(TraceError) {
    guard TraceFolder.exists(folder.claims) else { return }
    let bytes: [UInt8]
    do throws(StreamError) {
      bytes = try ByteReader(FileSource(path: folder.claims.string)).readAll(limit: 1 << 32)
    } catch { throw .file(error) }
    var wrong = 0
    for start in stride(from: 0, through: bytes.count - Self.recordBytes, by: Self.recordBytes) {
      let record = Array(bytes[start..<start + Self.recordBytes])
      if let (index, claim) = Self.decode(record) { claims[index] = claim } else { wrong += 1 }
    }
    size = Int64(bytes.count / Self.recordBytes * Self.recordBytes)
    if wrong > 0 {
      folder.putAside(folder.claims, "\(wrong) records don't match their checksums")
      try rewrite()
    }
  }

  private func rewrite() throws(TraceError) {
    let records = claims.sorted { $0.key < $1.key }.flatMap { Self.encode($0.key, $0.value) }
    do throws(StreamError) {
      try AtomicFile.write(path: folder.claims.string) { (sink) throws(StreamError) in
        try records.withUnsafeBufferPointer { (bytes) throws(StreamError) in
          try sink.write(UnsafeRawBufferPointer(bytes))
        }
      }
    } catch { throw .file(error) }
    size = Int64(records.count)
  }

  /// Adds a claim, if it is not there.
  func add(_ index: UInt64, _ claim: Bytes32) throws(TraceError) {
    guard claims[index] == nil else { return }
    do {
      let file = try openFile()
      let record = Self.encode(index, claim)
      let written = try file.writeAll(toAbsoluteOffset: size, record)
      size += Int64(written)
    } catch {
      // What part of a record was written is overwritten by the next, or dropped by a reader.
      throw .file(
        StreamError(error as? Errno ?? .ioError, .write, path: folder.claims.string))
    }
    claims[index] = claim
  }

  private func openFile() throws -> FileDescriptor {
    if let file { return file }
    let opened = try FileDescriptor.open(
      folder.claims, .writeOnly, options: [.create, .closeOnExec],
      permissions: [.ownerReadWrite, .groupRead, .otherRead])
    file = opened
    _ = ftruncate(opened.rawValue, Int(size))
    return opened
  }

  private static func encode(_ index: UInt64, _ claim: Bytes32) -> [UInt8] {
    var bytes = bigEndian(index) + claim.bytes
    bytes += bigEndian(checksum(bytes))
    return bytes
  }

  private static func decode(_ record: [UInt8]) -> (UInt64, Bytes32)? {
    let content = Array(record[..<40])
    guard bigEndian(checksum(content)) == Array(record[40...]), let claim = Bytes32(content[8...])
    else { return nil }
    return (content[..<8].reduce(0) { $0 << 8 | UInt64($1) }, claim)
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var checksum = CRC32()
    checksum.add(bytes)
    return checksum.value
  }

  private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}
