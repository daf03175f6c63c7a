import FalconetStreams

extension Fixtures {
  /// A program of Go 1.26 or 1.27 that gives pages back and then asks for fresh memory, built with
  /// `godebug decoratemappings=0`, without debug sections.
  package static func scavengingGuest(_ release: String) throws -> [UInt8] {
    let own = "/FalconetTestSupport/Fixtures/Fixtures+Scavenge.swift"
    let tests = String(#filePath.dropLast(own.count))
    let source = try FileSource(path: tests + "/Fixtures/go\(release)-scavenge.elf.zst")
    return try ByteReader(ZstdSource(over: source)).readAll(limit: 16 << 20)
  }
}
