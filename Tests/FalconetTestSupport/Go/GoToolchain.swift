import FalconetStreams
import Glibc

/// A Go toolchain on this machine. Tests that need several look for them in the folder that the
/// environment variable `FALCONET_GO` names: one folder for each, with `go/bin/go` in it.
package struct GoToolchain: Sendable, CustomStringConvertible {
  /// Such as `1.24.11`.
  package let version: String
  /// GOROOT.
  package let root: String

  package var description: String { "Go \(version)" }

  /// All that are there, oldest first.
  package static let all: [GoToolchain] = {
    guard let folder = getenv("FALCONET_GO").map({ String(cString: $0) }) else { return [] }
    return TemporaryFolder.names(in: folder)
      .map { GoToolchain(version: $0, root: folder + "/" + $0 + "/go") }
      .filter { access($0.root + "/bin/go", X_OK) == 0 }
      .sorted { $0.numbers.lexicographicallyPrecedes($1.numbers) }
  }()

  /// The numbers that the version consists of.
  package var numbers: [Int] { version.split(separator: ".").compactMap { Int($0) } }

  /// Runs a program of `Tests/GoPrograms`, and returns what it prints.
  package func run(program: String, input: [UInt8]) throws -> String {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write(input, to: "input")
    let source = String(#filePath.dropLast("FalconetTestSupport/Go/GoToolchain.swift".count))
    try go(
      ["run", source + "GoPrograms/" + program], in: folder, input: folder.file("input"), [])
    return String(decoding: folder.read("output") ?? [], as: UTF8.self)
  }

  /// Builds a guest from its source, one file of package main.
  ///
  /// - Parameters:
  ///   - arch: `mips` or `mips64`.
  ///   - language: what go.mod says behind `go`; nil for the toolchain's own version.
  ///   - godebug: what go.mod says behind `godebug`.
  ///   - flags: for the linker.
  package func build(
    _ source: String, arch: String, language: String? = nil, godebug: String? = nil,
    linkerFlags flags: String? = nil
  ) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let own = numbers.prefix(2).map(String.init).joined(separator: ".")
    let setting = godebug.map { "\ngodebug \($0)\n" } ?? ""
    let module = "module guest\n\ngo \(language ?? own)\n" + setting
    try folder.write(module, to: "go.mod")
    try folder.write(source, to: "main.go")
    try go(
      ["build", "-trimpath", "-o", "guest.elf"] + (flags.map { ["-ldflags", $0] } ?? []) + ["."],
      in: folder, input: nil,
      ["GOOS=linux", "GOARCH=\(arch)", "GOMIPS=softfloat", "GOMIPS64=softfloat", "CGO_ENABLED=0"])
    guard let file = folder.read("guest.elf") else { throw GoError("go build made no file") }
    return file
  }

  private func go(
    _ arguments: [String], in folder: TemporaryFolder, input: String?, _ settings: [String]
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input ?? "/dev/null", O_RDONLY, 0)
    for (descriptor, name) in [(STDOUT_FILENO, "output"), (STDERR_FILENO, "errors")] {
      posix_spawn_file_actions_addopen(
        &actions, descriptor, folder.file(name), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    let names = ["GOROOT", "GOTOOLCHAIN", "GOFLAGS", "GOOS", "GOARCH"].map { $0 + "=" }
    var environment = Self.environment.filter { entry in !names.contains { entry.hasPrefix($0) } }
    environment += ["GOROOT=\(root)", "GOTOOLCHAIN=local", "GOFLAGS=-mod=mod"] + settings
    var pointers = (["go", "-C", folder.path] + arguments).map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for pointer in pointers + variables { free(pointer) } }
    var process = pid_t()
    guard posix_spawn(&process, root + "/bin/go", &actions, nil, &pointers, &variables) == 0 else {
      throw GoError("\(root)/bin/go can't be started")
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else {
      let errors = String(decoding: folder.read("errors") ?? [], as: UTF8.self)
      throw GoError("go \(arguments.joined(separator: " ")) ended with \(status): \(errors)")
    }
  }

  private static var environment: [String] {
    var entries: [String] = []
    var entry = environ
    while let text = entry.pointee {
      entries.append(String(cString: text))
      entry += 1
    }
    return entries
  }
}

/// Why a Go toolchain did not do what a test asked for.
package struct GoError: Error, CustomStringConvertible {
  package var description: String

  init(_ description: String) { self.description = description }
}
