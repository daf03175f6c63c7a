import CFalconet
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Testing

@testable import FalconetC

/// Numbers of the header that stand for rows of a list.
@Suite struct FormatTests {
  @Test func `the header and the Python package number the snapshot formats as the list does`()
    throws
  {
    let formats = SnapshotFormat.allCases
    for (place, format) in formats.enumerated() {
      #expect(try Argument.format(falconet_format(UInt32(place + 1))) == format)
    }
    #expect(try Argument.format(FALCONET_FORMAT_AUTO) == nil)
    #expect(throws: CallError.self) {
      try Argument.format(falconet_format(UInt32(formats.count + 1)))
    }
    func text(_ file: String) throws -> String {
      let source = try FileSource(path: BuiltLibrary.repository + file)
      return String(decoding: try ByteReader(source).readAll(limit: 1 << 20), as: UTF8.self)
    }
    let header = try text("/Sources/CFalconet/include/falconet.h")
    let constants = header.matches(of: /FALCONET_FORMAT_([A-Z0-9]+) = ([0-9]+)/).map {
      "\($0.output.1.lowercased()) \($0.output.2)"
    }
    let numbered = formats.enumerated().map { (name: $1.rawValue, number: $0 + 1) }
    #expect(constants == ["auto 0"] + numbered.map { "\($0.name) \($0.number)" })
    let python = try text("/Python/src/falconet/_streams.py")
    let entries = numbered.map { "\"\($0.name)\": \($0.number)" }.joined(separator: ", ")
    #expect(python.contains("FORMATS = {None: 0, \(entries)}"))
  }
}
