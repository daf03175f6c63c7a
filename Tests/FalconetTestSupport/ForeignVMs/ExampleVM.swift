import FalconetForeignVM
import Glibc
import Synchronization

/// The VMs in Examples, compiled once a process.
package enum ExampleVM: Sendable {
  case stack
  case tape

  /// The repository.
  package static let repository = String(
    #filePath.dropLast("/Tests/FalconetTestSupport/ForeignVMs/ExampleVM.swift".count))

  package var source: String {
    switch self {
    case .stack: "Examples/fpvm-c/stack.c"
    case .tape: "Examples/fpvm-rust/tape.rs"
    }
  }

  /// Whether the host can compile it.
  package var canBeBuilt: Bool { (try? Self.shell("command -v \(compiler)")) != nil }

  private var compiler: String {
    switch self {
    case .stack: "cc"
    case .tape: "rustc"
    }
  }

  /// The library as it is.
  package func library() throws -> ForeignLibrary { try ForeignLibrary(path: try path()) }

  /// The path of the library as it is.
  package func path() throws -> String {
    try (self == .stack ? Self.stackPath : Self.tapePath).get()
  }

  private static let stackPath = Result { try ExampleVM.stack.build() }
  private static let tapePath = Result { try ExampleVM.tape.build() }

  /// Compiles the source, or a changed one.
  ///
  /// - Returns: the path of the library.
  package func build(_ text: String? = nil) throws -> String {
    let folder = try Self.folder.get()
    var source = Self.repository + "/" + self.source
    let number = Self.count.withLock { count in
      count += 1
      return count
    }
    let name = "\(folder)/\(self)-\(number)"
    if let text {
      source = name + (self == .stack ? ".c" : ".rs")
      try write(text, to: source)
    }
    let command =
      switch self {
      case .stack:
        "cc -std=c99 -O2 -Wall -Wextra -pedantic -shared -fPIC -fvisibility=hidden"
          + " -I '\(Self.repository)/fpvm' '\(source)' -o '\(name).so'"
      case .tape:
        "rustc --edition 2021 -C opt-level=1 --crate-name tape --crate-type cdylib '\(source)' -o '\(name).so'"
      }
    try Self.shell(command)
    return name + ".so"
  }

  package func text() throws -> String { try Self.text(of: source) }

  /// The program that reads a pre-image.
  package var program: String {
    switch self {
    case .stack: "Examples/fpvm-c/total.stk"
    case .tape: "Examples/fpvm-rust/echo.bf"
    }
  }

  /// The pre-images that the program reads.
  package func preimages() throws -> [[UInt8]: [UInt8]] {
    switch self {
    case .stack:
      [
        try Self.key(of: Self.text(of: program)): Array(
          try Self.text(of: "Examples/fpvm-c/total.preimage").utf8)
      ]
    case .tape: [Array("input".utf8): Array("fault".utf8)]
    }
  }

  /// The key that a program for the stack machine has as its last four words.
  private static func key(of program: String) throws -> [UInt8] {
    let words = program.split { $0.isWhitespace }.filter { $0.hasPrefix("0x") }.suffix(4)
    return try words.flatMap { word -> [UInt8] in
      guard let value = UInt64(word.dropFirst(2), radix: 16) else { throw FixtureError("\(word)") }
      return withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
  }

  package static func text(of path: String) throws -> String {
    let path = path.hasPrefix("/") ? path : repository + "/" + path
    guard let file = fopen(path, "rb") else { throw FixtureError("cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&room, 1, room.count, file), count > 0 { bytes += room[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "wb") else { throw FixtureError("cannot write \(path)") }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      throw FixtureError("cannot write \(path)")
    }
  }

  /// Runs a command that must succeed.
  @discardableResult
  package static func shell(_ command: String) throws -> String {
    // rustup puts programs where shells look only after a log-in.
    let line = "{ PATH=\"$PATH:$HOME/.cargo/bin\"; \(command)\n} 2>&1"
    guard let pipe = popen(line, "re") else { throw FixtureError("cannot run \(command)") }
    var output: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&room, 1, room.count, pipe), count > 0 { output += room[..<count] }
    let status = pclose(pipe)
    let text = String(decoding: output, as: UTF8.self)
    guard status == 0 else { throw FixtureError("\(command): \(text)") }
    return text
  }

  private static let count = Mutex(0)
  private static let folder = Result { try makeFolder() }

  private static func makeFolder() throws -> String {
    var template = Array("/tmp/falconet-fpvm-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FixtureError("no temporary directory") }
    let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    atexit {
      if case .success(let folder) = ExampleVM.folder {
        _ = try? ExampleVM.shell("rm -rf '\(folder)'")
      }
    }
    return folder
  }
}
