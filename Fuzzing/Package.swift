// swift-tools-version: 6.2
import PackageDescription

/// libFuzzer has the `main` of the program; `Scripts/fuzz` turns the sanitizers on.
let package = Package(
  name: "falconet-fuzzing",
  dependencies: [.package(name: "falconet", path: "..")],
  targets: [
    .executableTarget(
      name: "Fuzz", dependencies: [.product(name: "_FalconetFuzzing", package: "falconet")],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])],
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])])
  ],
  swiftLanguageModes: [.v6]
)
