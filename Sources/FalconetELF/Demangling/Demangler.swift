/// Turns the names that compilers give to functions of C++ and Rust into those of the source.
///
/// Names come from files that may be hostile: whatever they hold, the work and the result are
/// bounded, and a name that is not understood stays as it is.
///
/// ```swift
/// Demangler.demangle("_ZN8geometry5ShapeC2Ev")  // geometry::Shape::Shape()
/// Demangler.demangle("_RNvCs4fqI2P2rA04_5small6choose")  // small::choose
/// ```
package enum Demangler {
  /// The longest name that is looked at, in bytes.
  static let inputLimit = 1 << 14
  /// The most bytes that a name may become.
  static let outputLimit = 1 << 14
  /// How deeply parts of a name may lie in one another.
  static let depthLimit = 160
  /// The most parts that are looked at, each time that one is.
  static let workLimit = 1 << 16

  /// The name in the source, or `name` itself if it is not a mangled one, or not understood.
  ///
  /// Rust's names lose their hashes. What a linker or an optimizer puts behind a name, such as
  /// `.llvm.123`, is kept in brackets for C++ and left out for Rust.
  package static func demangle(_ name: String) -> String {
    guard name.hasPrefix("_"), name.utf8.count <= inputLimit else { return name }
    let bytes = Array(name.utf8)
    if bytes.starts(with: Array("_R".utf8)) {
      var parser = RustV0(bytes)
      return parser.demangled ?? name
    }
    guard bytes.starts(with: Array("_Z".utf8)) else { return name }
    if let rust = RustLegacy.demangle(bytes) { return rust }
    var parser = ItaniumParser(bytes)
    guard let root = parser.parseWhole() else { return name }
    var printer = ItaniumPrinter(parser.nodes)
    guard let text = printer.text(of: root) else { return name }
    return text + parser.suffix
  }
}

extension Symbol {
  /// The name in the source: that of C++ or Rust if it is mangled, else the name itself.
  package var sourceName: String { Demangler.demangle(name) }
}

extension SymbolTable {
  /// As ``name(at:)``, but names of C++ and Rust are those in the source.
  package func sourceName(at address: UInt64) -> String { Demangler.demangle(name(at: address)) }
}
