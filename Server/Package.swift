// swift-tools-version: 6.2
import PackageDescription

/// The resident service, in a package of its own, so that nobody else builds what it depends on.
let package = Package(
  name: "falconet-server",
  products: [.executable(name: "falconet-server", targets: ["falconet-server"])],
  dependencies: [
    .package(name: "falconet", path: ".."),
    // Without its traits: they need all of Foundation.
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    .target(name: "CFalconetServer"),
    .target(
      name: "FalconetServer",
      dependencies: [
        "CFalconetServer",
        .product(name: "Falconet", package: "falconet"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ],
      resources: [
        .embedInCode("Resources/openapi.yaml"), .embedInCode("Resources/page.html"),
        .embedInCode("Resources/style.css"), .embedInCode("Resources/base.js"),
        .embedInCode("Resources/games.js"), .embedInCode("Resources/tiles.js"),
        .embedInCode("Resources/chart.js"), .embedInCode("Resources/panels.js"),
        .embedInCode("Resources/trace.js"), .embedInCode("Resources/compare.js"),
        .embedInCode("Resources/routes.js"),
      ]),
    .executableTarget(name: "falconet-server", dependencies: ["FalconetServer"]),
    .testTarget(name: "FalconetServerTests", dependencies: ["FalconetServer"]),
  ],
  swiftLanguageModes: [.v6]
)
