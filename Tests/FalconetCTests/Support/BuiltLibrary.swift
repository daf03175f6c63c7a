import Glibc
import Testing

/// libfalconet.so, made once a process from the archive that the build left beside the tests.
struct BuiltLibrary {
  /// What Scripts/build-library filled: `lib`, `include`.
  let folder: String
  /// An empty folder for what tests make.
  let work: String

  static func shared() throws -> BuiltLibrary { try made.get() }

  /// The repository.
  static let repository = String(
    #filePath.dropLast("/Tests/FalconetCTests/Support/BuiltLibrary.swift".count))

  /// The flags that compile and link a program with the library, so that it is found at run time.
  var flags: String {
    let lib = Shell.quoted(folder + "/lib")
    return "-I\(Shell.quoted(folder + "/include")) -L\(lib) -lfalconet -Wl,-rpath,\(lib)"
  }

  /// The directory in which the build left the tests, and what it made beside them.
  static func products() throws -> String {
    let executable = try #require(realpath("/proc/self/exe", nil))
    defer { free(executable) }
    let path = String(cString: executable)
    return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }

  private static let made = Result { try make() }

  private static func make() throws -> BuiltLibrary {
    var template = Array("/tmp/falconet-c-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let root = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    atexit {
      if case .success(let library) = BuiltLibrary.made {
        let root = library.folder.dropLast("/library".count)
        _ = try? Shell.run("rm -rf \(Shell.quoted(String(root)))")
      }
    }
    mkdir(root + "/work", 0o755)
    let library = BuiltLibrary(folder: root + "/library", work: root + "/work")
    try Shell.output(
      [
        repository + "/Scripts/build-library", "--archive", try products() + "/libfalconet-c.a",
        library.folder,
      ]
      .map(Shell.quoted).joined(separator: " "))
    return library
  }
}
