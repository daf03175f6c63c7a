// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "falconet-benchmarks",
  dependencies: [.package(name: "falconet", path: "..")],
  targets: [
    .executableTarget(
      name: "falconet-benchmarks",
      dependencies: [.product(name: "_FalconetBenchmarks", package: "falconet")],
      path: "Sources/Benchmarks")
  ],
  swiftLanguageModes: [.v6]
)
