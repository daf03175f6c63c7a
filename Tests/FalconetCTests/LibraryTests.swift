import FalconetTestSupport
import Testing

/// What the library's file needs and gives.
@Suite struct LibraryTests {
  @Test func `a program that uses the library needs no Swift`() throws {
    let library = try BuiltLibrary.shared()
    let needed = try Shell.output("ldd \(Shell.quoted(library.folder + "/lib/libfalconet.so"))")
    #expect(needed.contains("libc.so"))
    #expect(!needed.lowercased().contains("swift"), "\(needed)")
    #expect(!needed.contains("dispatch"), "\(needed)")
    #expect(!needed.contains("Foundation"), "\(needed)")
    #expect(!needed.contains("not found"), "\(needed)")
  }

  @Test func `the library gives the functions of its headers, and nothing else`() throws {
    let library = try BuiltLibrary.shared()
    let declared = try Shell.output(
      "grep -o '\\bfalconet_[a-z_]*(' \(Shell.quoted(library.folder + "/include/falconet.h"))"
        + " | tr -d '(' | sort -u")
    let given = try Shell.output(
      "nm -D --defined-only --extern-only \(Shell.quoted(library.folder + "/lib/libfalconet.so"))"
        + " | cut -d' ' -f3 | sort -u")
    #expect(declared.split(separator: "\n").count > 40)
    // The one function of fpvm.h comes after the others.
    #expect(given == declared + "fpvm_get\n")
  }

  @Test func `a C++ program takes the header`() throws {
    let library = try BuiltLibrary.shared()
    try Shell.output(
      "echo '#include <falconet.h>' | g++ -std=c++11 -Wall -Wextra -Werror -pedantic"
        + " -I\(Shell.quoted(library.folder + "/include")) -x c++ -fsyntax-only -")
  }

  @Test func `pkg-config knows the library`() throws {
    let library = try BuiltLibrary.shared()
    let flags = try Shell.output(
      "PKG_CONFIG_PATH=\(Shell.quoted(library.folder + "/lib/pkgconfig"))"
        + " pkg-config --cflags --libs 'falconet >= 0.1'")
    #expect(flags.contains("-lfalconet"))
  }
}
