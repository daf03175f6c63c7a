// swift-tools-version: 6.2
import PackageDescription

/// libFuzzer has the `main` of every target; `Scripts/fuzz` turns the sanitizers on.
let fuzzer: [SwiftSetting] = [.unsafeFlags(["-parse-as-library"])]

let falconet = Target.Dependency.product(name: "Falconet", package: "falconet")

func target(_ name: String) -> Target {
  .executableTarget(
    name: name, dependencies: ["FuzzSupport"], swiftSettings: fuzzer,
    linkerSettings: [.unsafeFlags(["-use-ld=lld"])])
}

let package = Package(
  name: "falconet-fuzzing",
  dependencies: [.package(name: "falconet", path: "..")],
  targets: [
    .target(name: "FuzzSupport", dependencies: [falconet]),
    .executableTarget(
      name: "SeedCorpus", dependencies: ["FuzzSupport"], swiftSettings: fuzzer,
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
    target("FuzzBinary"),
    target("FuzzJSON"),
    target("FuzzPR7559"),
    target("FuzzFsnap"),
    target("FuzzFsnapSealed"),
    target("FuzzELF"),
    target("FuzzSymbols"),
    target("FuzzGzip"),
  ],
  swiftLanguageModes: [.v6]
)
