import FalconetELF
import FalconetTestSupport
import Testing

@Suite("Names of C++ and Rust")
struct DemanglerTests {
  static let names: [(String, String)] = [
    // C++: what c++filt of binutils 2.40 says.
    (
      "_ZNK8geometry5StackINS_6VectorIlEELm16EE4eachIZ10guest_mainE3$_0EEvOT_",
      "void geometry::Stack<geometry::Vector<long>, 16ul>::each<guest_main::$_0>(guest_main::$_0&&)"
        + " const"
    ),
    (
      "_ZN8geometry5totalILm2EJNS_12_GLOBAL__N_16SquareES2_EEEmDpRKT0_",
      "unsigned long geometry::total<2ul, geometry::(anonymous namespace)::Square,"
        + " geometry::(anonymous namespace)::Square>(geometry::(anonymous namespace)::Square const&,"
        + " geometry::(anonymous namespace)::Square const&)"
    ),
    (
      "_ZNK8geometry6VectorIlEplERKS1_",
      "geometry::Vector<long>::operator+(geometry::Vector<long> const&) const"
    ),
    ("_ZTVN8geometry12_GLOBAL__N_16SquareE", "vtable for geometry::(anonymous namespace)::Square"),
    ("_ZN3FooC2IiEET_", "Foo::Foo<int>(int)"), ("_ZN3FooD0Ev", "Foo::~Foo()"),
    ("_Z1fPFivEPA3_c", "f(int (*)(), char (*) [3])"), ("_Z1fM3FooFvvE", "f(void (Foo::*)())"),
    ("_Z3fooi.part.0", "foo(int) [.part.0]"),
    ("_ZlsRSoRK3Foo", "operator<<(std::ostream&, Foo const&)"),
    ("_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()(int) const"),
    // Rust, in both forms.
    (
      "_ZN60_$LT$small..Square$LT$Number$GT$$u20$as$u20$small..Shape$GT$4area17h8b968bdfd509f627E",
      "<small::Square<Number> as small::Shape>::area"
    ),
    (
      "_ZN4core3ops8function6FnOnce9call_once17hc00214fcc0eb24f0E.llvm.7339342278774807242",
      "core::ops::function::FnOnce::call_once"
    ),
    ("_RNvCs4fqI2P2rA04_5small6choose", "small::choose"),
    (
      "_RNvXs4_NtCseQVuubCcFDg_12simd_adler324hashAhj4_NtB7_11Adler32Hash4hash",
      "<[u8; 4] as simd_adler32::Adler32Hash>::hash"
    ),
    ("_RNCNvCs1234_7mycrate3foo0", "mycrate::foo::{closure#0}"),
    ("_RNvC7mycrateu8gdel_5qa", "mycrate::gödel"),
    // What is no such name, or not understood.
    ("runtime.main", "runtime.main"), ("_start", "_start"), ("_Z", "_Z"), ("_ZN", "_ZN"),
    ("_RNv", "_RNv"), ("_ZTW3foo", "_ZTW3foo"), ("", ""),
  ]

  @Test("Names become those of the source", arguments: names)
  func name(_ mangled: String, _ expected: String) {
    #expect(Demangler.demangle(mangled) == expected)
  }

  @Test("Names that name themselves over and over take bounded work and space")
  func bombs() {
    // Each argument holds the last one twice.
    var doubling = "_Z1fI"
    doubling += "1aS_IS_S_E"
    for index in 0..<30 {
      let last = String(index, radix: 36).uppercased()
      doubling += "1bIS\(last)_S\(last)_E"
    }
    doubling += "EvDpT_"
    var backward = "_RINvC1a1b"
    for _ in 0..<40 { backward += "TB9_B9_E" }
    backward += "E"
    let hostile = [
      doubling, backward, "_Z1f" + String(repeating: "P", count: 10_000) + "i",
      "_ZN" + String(repeating: "1a", count: 8000) + "Ev",
      "_R" + String(repeating: "NvNt", count: 4000) + "C1a1b1c",
      "_RMC1a" + String(repeating: "R", count: 12_000) + "u", "_RNvB_1a", "_RYB0_B_1a",
      "_Z1fI" + String(repeating: "J", count: 10_000), "_Z99999999999999999999a", "_ZS99999999_",
      "_RNvC99999999999999999999a1b", "_Z1fDpT_", "_RIC1aKj" + String(repeating: "f", count: 9000),
      "_RNvC1au999999_",
    ]
    for name in hostile {
      #expect(Demangler.demangle(name).utf8.count <= 1 << 15)
    }
  }

  @Test("Names that are corrupt anywhere are demangled or stay as they are")
  func mutations() {
    var random = SeededGenerator(seed: 19)
    let letters = Array("_ZRNKIESTPFJLDABCMXYhijklmnopqrstuv0123456789$.".utf8)
    for _ in 0..<(isLongRun ? 2_000_000 : 40_000) {
      var bytes = Array(Self.names[Int(random.next() % UInt64(Self.names.count))].0.utf8)
      for _ in 0...(random.next() % 4) where bytes.count > 3 {
        let index = 2 + Int(random.next() % UInt64(bytes.count - 2))
        switch random.next() % 4 {
        case 0: bytes[index] = letters[Int(random.next() % UInt64(letters.count))]
        case 1: bytes.insert(letters[Int(random.next() % UInt64(letters.count))], at: index)
        case 2: bytes.remove(at: index)
        default: bytes.append(contentsOf: bytes[index...])
        }
      }
      let name = String(decoding: bytes, as: UTF8.self)
      #expect(Demangler.demangle(name).utf8.count <= max(1 << 15, bytes.count))
    }
  }
}
