// swift-tools-version: 6.2
import PackageDescription

/// Settings of the targets whose loops decide how fast a run is. Exclusivity is enforced at compile
/// time; its run-time check costs a fifth of the step loop and guards accesses that are all direct.
let hot: [SwiftSetting] = [
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

/// Functions that call none, but in tail position, save no frame pointer. Saving it would be a fifth of the instructions
/// of the portable engine's handlers.
let frameless: [SwiftSetting] = [
  .unsafeFlags(["-Xcc", "-momit-leaf-frame-pointer"], .when(configuration: .release))
]

/// Settings of the targets in which every unsafe expression is marked.
let strict: [SwiftSetting] = [.strictMemorySafety()]

/// The program carries the Swift runtime: it starts a quarter faster, and runs without Swift installed. The
/// libraries whose names begin with an underscore are parts of FoundationEssentials, which
/// argument-parser uses. No test may depend on the target, since its executable would be linked so too;
/// every build of the tests builds the program in any case.
let standalone: [LinkerSetting] = [
  .unsafeFlags(
    ["-static-stdlib", "-use-ld=lld", "-l_FoundationCollections", "-l_FoundationCShims"],
    .when(platforms: [.linux]))
]

/// Linux links libzstd.a, which pkg-config does not know: it would add the shared library.
#if os(Linux)
  let zstdPackage: String? = nil
#else
  let zstdPackage: String? = "libzstd"
#endif

/// The library's modules. What stands above them, the Swift interface, the C interface and the commands,
/// may use each.
let library: [Target.Dependency] = [
  "FalconetMachine", "FalconetELF", "FalconetOracle", "FalconetSnapshots", "FalconetProofs",
  "FalconetBisect", "FalconetInsight", "FalconetLibc", "FalconetMetrics", "FalconetReplay",
  "FalconetRun", "FalconetStore", "FalconetStreams", "FalconetSystem", "FalconetTrace", "Keccak",
]

let package = Package(
  name: "falconet",
  products: [
    .library(name: "Falconet", targets: ["Falconet"]),
    .executable(name: "falconet", targets: ["falconet-tool"]),
    // What Scripts/build-library makes libfalconet.so of.
    .library(name: "falconet-c", type: .static, targets: ["FalconetC"]),
    // What the programs in Fuzzing and Benchmarks run. Not for others: they change without notice.
    .library(name: "_FalconetFuzzing", type: .static, targets: ["_FalconetFuzzing"]),
    .library(name: "_FalconetBenchmarks", type: .static, targets: ["_FalconetBenchmarks"]),
  ],
  dependencies: [
    // Exact, so that a release can be built again: Scripts/release names them in its bill of materials.
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
  ],
  targets: [
    .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: zstdPackage, providers: [.apt(["libzstd-dev"])]),

    .target(name: "CKeccak", cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "Keccak", dependencies: ["CKeccak"], swiftSettings: hot + strict),
    // Linked statically, so that the program runs without OpenSSL, and with any release of it.
    .target(
      name: "CSHA256",
      linkerSettings: [.linkedLibrary(":libcrypto.a", .when(platforms: [.linux]))]),
    // Linked statically, for the same reasons.
    .target(
      name: "CSQLite",
      linkerSettings: [.linkedLibrary(":libsqlite3.a", .when(platforms: [.linux]))]),
    .target(name: "FalconetLibc"),
    .target(name: "FalconetThreads", dependencies: ["FalconetLibc"], swiftSettings: strict),
    .target(name: "CFalconetProcess"),
    .target(
      name: "FalconetSystem",
      dependencies: [
        "CFalconetProcess", "FalconetLibc",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "FalconetStreams",
      dependencies: [
        "CISAL", "CZstd", "FalconetLibc", "FalconetSystem", "FalconetThreads",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      linkerSettings: [
        // Linked statically, so that what reads snapshots runs where no zstd is.
        .linkedLibrary(":libzstd.a", .when(platforms: [.linux]))
      ]),
    .target(
      name: "FalconetMachine", dependencies: ["FalconetLibc", "FalconetThreads", "Keccak"],
      swiftSettings: hot + frameless),
    .target(
      name: "FalconetELF",
      dependencies: [
        "FalconetMachine", "FalconetStreams", "FalconetSystem",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "FalconetOracle",
      dependencies: [
        "CSHA256", "FalconetLibc", "FalconetMachine", "FalconetStreams", "FalconetSystem",
        "FalconetThreads", "Keccak",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    // From a header that has all of it.
    .target(name: "CXXHash", cSettings: [.unsafeFlags(["-O3"])]),
    .target(
      name: "FalconetTables",
      dependencies: [
        "CXXHash", "FalconetStreams", "FalconetSystem",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "FalconetStore",
      dependencies: [
        "CSHA256", "CSQLite", "FalconetLibc", "FalconetMachine", "FalconetOracle",
        "FalconetStreams", "FalconetSystem", "FalconetTables", "Keccak",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "FalconetSnapshots",
      dependencies: [
        "FalconetLibc", "FalconetMachine", "FalconetStreams", "FalconetSystem", "FalconetThreads",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "FalconetProofs",
      dependencies: [
        "FalconetMachine", "FalconetOracle", "FalconetStreams", "FalconetSystem",
        "FalconetThreads", "Keccak", .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "FalconetInsight", dependencies: ["FalconetMachine", "FalconetELF", "FalconetStreams"],
      swiftSettings: strict),
    // The interface to any VM, which knows nothing of Falconet.
    .systemLibrary(name: "CFPVM", path: "fpvm"),
    .target(
      name: "FalconetForeignVM",
      dependencies: [
        "CFPVM", "FalconetLibc", "FalconetStreams", "FalconetSystem",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "FalconetTrace",
      dependencies: [
        "FalconetForeignVM", "FalconetLibc", "FalconetMachine", "FalconetOracle", "FalconetProofs",
        "FalconetRun",
        "FalconetSnapshots", "FalconetStreams", "FalconetSystem", "Keccak",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "FalconetBisect",
      dependencies: [
        "FalconetForeignVM", "FalconetLibc", "FalconetMachine", "FalconetOracle", "FalconetProofs",
        "FalconetRun",
        "FalconetSnapshots", "FalconetStreams", "FalconetSystem", "Keccak",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .target(
      name: "FalconetMetrics",
      dependencies: ["FalconetMachine", "FalconetOracle", "FalconetStreams"]
    ),
    .target(name: "FalconetRun", dependencies: ["FalconetMachine"], swiftSettings: strict),
    .target(
      name: "FalconetReplay", dependencies: ["FalconetMachine", "Keccak"], swiftSettings: strict),
    .target(
      name: "FalconetDebug",
      dependencies: [
        "FalconetMachine", "FalconetProofs", "FalconetReplay", "FalconetStreams", "Keccak",
      ],
      swiftSettings: strict),
    .target(name: "Falconet", dependencies: library, swiftSettings: strict),
    // The C interface: its header, and what implements it.
    .target(name: "CFalconet"),
    .target(name: "FalconetC", dependencies: library + ["CFPVM", "CFalconet"]),
    // States, what machines make of them, and what makes both.
    .target(
      name: "FalconetVectors",
      dependencies: [
        "FalconetLibc", "FalconetMachine", "FalconetOracle", "FalconetSnapshots",
        "FalconetStreams", "Keccak",
      ]),
    // The files of the directory vectors.
    .target(name: "CFalconetVectors"),
    .target(
      name: "FalconetConform",
      dependencies: [
        "CFPVM", "CFalconetVectors", "FalconetELF", "FalconetForeignVM", "FalconetInsight",
        "FalconetMachine", "FalconetOracle", "FalconetProofs", "FalconetReplay",
        "FalconetSnapshots", "FalconetStreams", "FalconetSystem", "FalconetThreads",
        "FalconetVectors", "Keccak",
      ]),
    // The program of `falconet demo`.
    .target(name: "CFalconetDemo", exclude: ["demo.tar.zst"]),
    .target(
      name: "FalconetCommands",
      dependencies: library + [
        "CFalconetDemo", "FalconetConform", "FalconetDebug", "FalconetForeignVM",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(
      name: "falconet-tool", dependencies: ["FalconetCommands"], path: "Sources/falconet-tool",
      linkerSettings: standalone),

    // Checks that any bytes can be given to, for libFuzzer and for tests.
    .target(
      name: "_FalconetFuzzing",
      dependencies: [
        "FalconetBisect", "FalconetCommands", "FalconetDebug", "FalconetELF", "FalconetForeignVM",
        "FalconetInsight",
        "FalconetLibc", "FalconetMachine", "FalconetOracle", "FalconetProofs", "FalconetReplay",
        "FalconetSnapshots", "FalconetStreams", "FalconetSystem", "FalconetTables",
        "FalconetTrace", "Keccak", .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Sources/FalconetFuzzing"),
    .target(
      name: "_FalconetBenchmarks",
      dependencies: [
        "FalconetELF", "FalconetLibc", "FalconetMachine", "FalconetOracle", "FalconetProofs",
        "FalconetSnapshots", "FalconetStore", "FalconetStreams", "Keccak",
      ],
      path: "Sources/FalconetBenchmarks"),

    .target(
      name: "FalconetTestSupport",
      dependencies: library + [
        "FalconetForeignVM", "FalconetVectors",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/FalconetTestSupport"),
    // Random programs in lock step for as long as one likes.
    .executableTarget(
      name: "falconet-lockstep", dependencies: ["FalconetTestSupport"],
      path: "Tests/LockStepProgram"),
    .testTarget(name: "FalconetTests", dependencies: ["Falconet", "FalconetTestSupport"]),
    .testTarget(
      name: "FalconetTraceTests",
      dependencies: ["FalconetForeignVM", "FalconetTrace", "FalconetTestSupport"]),
    .testTarget(
      name: "FalconetFuzzingTests", dependencies: ["_FalconetFuzzing", "FalconetTestSupport"]),
    .testTarget(name: "FalconetThreadsTests", dependencies: ["FalconetThreads"]),
    .testTarget(name: "KeccakTests", dependencies: ["Keccak"]),
    .testTarget(
      name: "FalconetStreamsTests", dependencies: ["FalconetStreams", "FalconetTestSupport"]),
    .testTarget(
      name: "FalconetMachineTests", dependencies: ["FalconetMachine", "FalconetTestSupport"]),
    .testTarget(
      name: "FalconetDebugTests",
      dependencies: ["FalconetDebug", "FalconetProofs", "FalconetReplay", "FalconetTestSupport"]),
    .testTarget(
      name: "FalconetReplayTests", dependencies: ["FalconetReplay", "FalconetTestSupport"]),
    .testTarget(
      name: "FalconetELFTests",
      dependencies: ["FalconetELF", "FalconetMachine", "FalconetStreams", "FalconetTestSupport"]),
    .testTarget(
      name: "FalconetOracleTests",
      dependencies: [
        "FalconetOracle", "FalconetMachine", "FalconetStreams", "FalconetTestSupport", "Keccak",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "FalconetTablesTests",
      dependencies: [
        "FalconetOracle", "FalconetStreams", "FalconetTables", "FalconetTestSupport", "Keccak",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(
      name: "FalconetStoreTests",
      dependencies: [
        "FalconetStore", "FalconetTestSupport",
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .testTarget(
      name: "FalconetSnapshotsTests", dependencies: ["FalconetSnapshots", "FalconetTestSupport"]),
    .testTarget(
      name: "FalconetProofsTests", dependencies: ["FalconetProofs", "FalconetTestSupport"],
      exclude: ["Calldata/decode_calldata.py"]),
    .testTarget(
      name: "FalconetBisectTests",
      dependencies: [
        "FalconetBisect", "FalconetForeignVM", "FalconetOracle", "FalconetTestSupport",
      ]),
    .testTarget(
      name: "FalconetInsightTests", dependencies: ["FalconetInsight", "FalconetTestSupport"],
      exclude: ["Readers"]),
    .testTarget(
      name: "FalconetCTests",
      dependencies: [
        "CFPVM", "CFalconet", "FalconetC", "FalconetConform", "FalconetForeignVM",
        "FalconetTestSupport",
      ],
      exclude: ["Program"]),
    .testTarget(
      name: "FalconetConformTests",
      dependencies: [
        "CFPVM", "FalconetConform", "FalconetForeignVM", "FalconetSystem", "FalconetTestSupport",
      ],
      exclude: ["Programs"]),
    .testTarget(
      name: "FalconetCommandsTests",
      dependencies: [
        "FalconetCommands", "FalconetReplay", "FalconetTestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      exclude: ["HelpTexts"]),
  ],
  swiftLanguageModes: [.v6]
)

// FALCONET_TEST_TARGETS names test targets: only they and what they need are built. Scripts/sanitize would take
// minutes more with the others.
if let names = Context.environment["FALCONET_TEST_TARGETS"] {
  var kept = Set(names.split(separator: ",").map(String.init))
  var count = 0
  while kept.count > count {
    count = kept.count
    for target in package.targets where kept.contains(target.name) {
      for dependency in target.dependencies {
        switch dependency {
        case .byNameItem(let name, _), .targetItem(let name, _): kept.insert(name)
        default: break
        }
      }
    }
  }
  package.targets.removeAll { !kept.contains($0.name) }
  package.products.removeAll()
}
