import FalconetMachine

/// How Go built a program, as the program itself tells: the release of Go, and the settings of its
/// runtime (GODEBUG) that were fixed when it was built.
package struct GoBuild: Sendable, Equatable {
  /// Such as `go1.26.0`.
  package let release: String
  /// The settings by name, of which the last counts if one is there twice.
  package let settings: [String: String]

  /// The release's first two numbers, or nil if the release does not begin with them.
  package var numbers: (major: Int, minor: Int)? {
    // `go1.26.0`, `go1.27rc1`, `devel go1.28-8a3e1c5b`
    guard let start = release.range(of: "go")?.upperBound else { return nil }
    let parts = release[start...].split(separator: ".", maxSplits: 1)
    guard parts.count == 2, let major = Int(parts[0]),
      let minor = Int(parts[1].prefix { $0.isASCII && $0.isNumber })
    else { return nil }
    return (major, minor)
  }

  /// Whether the runtime counts on the system to clear pages that it gives back, from Go 1.26 on,
  /// unless the settings tell it not to.
  var countsOnClearedPages: Bool {
    guard let numbers else { return false }
    return numbers >= (1, 26) && settings["madvdontneed"] != "0"
  }

  /// From Go 1.22 on, the function that asks at the start whether descriptors 0 to 2 are open.
  static let descriptorCheck = "runtime.checkfds"

  init(release: String, settings: String) {
    self.release = release
    var values: [String: String] = [:]
    for entry in settings.split(separator: ",") {
      guard let equals = entry.firstIndex(of: "=") else { continue }
      values[String(entry[..<equals])] = String(entry[entry.index(after: equals)...])
    }
    self.settings = values
  }

  /// The longest text that is read. Build information lists every module, a line each.
  private static let textLimit: UInt64 = 1 << 20

  /// Nil for a program that Go did not build, or that does not tell.
  init?(_ elf: ELFFile, _ memory: Memory, _ symbols: SymbolTable) {
    let information = Self.information(elf, memory)
    guard
      let release = information?.release
        ?? Self.text(ofVariable: "runtime.buildVersion", memory, symbols), !release.isEmpty
    else { return nil }
    // The variable has what flags of the linker say too.
    let settings =
      Self.text(ofVariable: "runtime.godebugDefault", memory, symbols)
      ?? Self.value(of: "DefaultGODEBUG", in: information?.modules ?? "")
    self.init(release: release, settings: settings ?? "")
  }

  /// The build information (`.go.buildinfo`): 16 bytes of which the first 14 are fixed and bit 1 of the
  /// last tells that the texts follow, at byte 32, each behind its length.
  private static func information(
    _ elf: ELFFile, _ memory: Memory
  ) -> (release: String, modules: String)? {
    let magic = [0xFF] + Array(" Go buildinf:".utf8)
    for segment in elf.segments where segment.type == ELFSegment.load && segment.fileSize > 32 {
      let last = segment.address + segment.fileSize - 32
      var address = (segment.address + 15) & ~15
      while address <= last {
        let count = Int(min(last - address + 16, 64 << 10)) & ~15
        guard count > 0 else { break }
        let bytes = memory.bytes(at: address, count: count)
        for start in stride(from: 0, to: count, by: 16)
        where bytes[start] == 0xFF && bytes[start..<start + 14].elementsEqual(magic)
          && bytes[start + 15] & 2 != 0
        {
          var place = address + UInt64(start) + 32
          guard let release = counted(&place, memory), let modules = counted(&place, memory) else {
            continue
          }
          // The list of modules stands between two marks of 16 bytes.
          let bare = modules.count > 32 ? Array(modules[16..<modules.count - 16]) : []
          return (
            String(decoding: release, as: UTF8.self), String(decoding: bare, as: UTF8.self)
          )
        }
        address += UInt64(count)
      }
    }
    return nil
  }

  /// Bytes behind their count, which is in base 128, least significant group first.
  private static func counted(_ address: inout UInt64, _ memory: Memory) -> [UInt8]? {
    var count: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 28, by: 7) {
      let byte = memory.bytes(at: address, count: 1)[0]
      address &+= 1
      count |= UInt64(byte & 0x7F) << shift
      guard byte & 0x80 == 0 else { continue }
      guard count <= textLimit else { return nil }
      defer { address &+= count }
      return memory.bytes(at: address, count: Int(count))
    }
    return nil
  }

  /// A variable of type string: the address of its bytes, and their number.
  private static func text(
    ofVariable name: String, _ memory: Memory, _ symbols: SymbolTable
  ) -> String? {
    guard let symbol = symbols.symbol(named: name) else { return nil }
    let address = memory.loadWord(at: symbol.start & memory.wordSize.mask)
    let next = symbol.start &+ UInt64(memory.wordSize.bytes)
    let count = memory.loadWord(at: next & memory.wordSize.mask)
    guard count <= textLimit else { return nil }
    return String(decoding: memory.bytes(at: address, count: Int(count)), as: UTF8.self)
  }

  /// A value of the build's settings: lines of `build`, a tab, and `NAME=VALUE`.
  private static func value(of name: String, in modules: String) -> String? {
    let start = "build\t\(name)="
    return modules.split(separator: "\n").first { $0.hasPrefix(start) }
      .map { String($0.dropFirst(start.count)) }
  }
}

extension Memory {
  /// `count` bytes from an address on; zeros if there is no memory.
  fileprivate func bytes(at address: UInt64, count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    read(into: &bytes, from: address, count: count)
    return bytes
  }
}

extension String {
  fileprivate func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
