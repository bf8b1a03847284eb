// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library module; the list of its dependencies is the layer rule that `scripts/check-layers` compares with the imports.
func module(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies, exclude: exclude, resources: resources,
        swiftSettings: settings)
}

let package = Package(
    name: "phasemap",
    products: [
        .executable(name: "phasemap", targets: ["phasemap"]),
        .library(name: "PhaseMap", targets: ["CommandLine", "SweepGrid", "LinearAlgebra", "Diffusion"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // C targets
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(name: "CKernels"),

        // Layer 0: pure core
        module("SweepGrid"),
        module(
            "Scheduling",
            [
                "SweepGrid",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "OrderedCollections", package: "swift-collections"),
            ]),
        module("Simulation", ["Scheduling", "SweepGrid"]),

        // Layer 1: wrappers
        module("ZeroMQ", ["CZeroMQ"]),
        module("HDF5", ["CHDF5"]),
        module("LinearAlgebra", ["COpenBLAS", "CKernels", "SweepGrid"]),

        // Layer 2: domain
        module("Results", ["HDF5", "SweepGrid"]),
        module("Diffusion", ["LinearAlgebra", "SweepGrid"]),
        module(
            "Journal",
            [
                "CLinux", "Scheduling", "SweepGrid",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),

        // Layer 3: shells
        module("Plotting", ["Results", "SweepGrid"]),
        module(
            "Cluster",
            [
                "CLinux", "Scheduling", "SweepGrid", "Results", "Journal", "ZeroMQ",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], exclude: ["Wire/phasemap.proto"]),

        // Layer 4: programs
        module(
            "CommandLine",
            [
                "Cluster", "Plotting", "Results", "Scheduling", "SweepGrid", "Diffusion", "LinearAlgebra",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "Sweeps", dependencies: ["SweepGrid", "Diffusion"], path: "sweeps", exclude: ["README.md"],
            swiftSettings: settings),
        .executableTarget(name: "phasemap", dependencies: ["CommandLine", "Sweeps"], swiftSettings: settings),

        // Tests
        tests("SweepGrid", ["SweepGrid"], exclude: ["Goldens"]),
        tests("Scheduling", ["Scheduling", "Simulation", "SweepGrid"]),
        tests("LinearAlgebra", ["LinearAlgebra", "SweepGrid"]),
        tests("Diffusion", ["Diffusion", "LinearAlgebra", "SweepGrid"], resources: [.copy("Goldens")]),
        tests("HDF5", ["HDF5"]),
        tests("Results", ["Results", "HDF5", "SweepGrid"], exclude: ["Goldens", "Python"]),
        tests(
            "Journal",
            ["FuzzingFixtures", "Journal", "Scheduling", "SweepGrid", .product(name: "GRDB", package: "GRDB.swift")],
            exclude: ["Goldens"]),
        tests("Plotting", ["Plotting", "Results", "SweepGrid"]),
        tests("ZeroMQ", ["ZeroMQ"]),
        tests(
            "Cluster",
            ["Cluster", "ClusterFixtures", "cluster-fixture", "Scheduling", "Results", "SweepGrid", "ZeroMQ"],
            resources: [.copy("Goldens")]),
        .target(
            name: "ClusterFixtures", dependencies: ["Scheduling", "SweepGrid"], path: "Tests/ClusterFixtures",
            swiftSettings: settings),
        .executableTarget(
            name: "cluster-fixture", dependencies: ["Cluster", "ClusterFixtures", "Scheduling", "SweepGrid"],
            path: "Tests/ClusterFixture", swiftSettings: settings),
        .target(
            name: "FuzzingFixtures", dependencies: ["SweepGrid"], path: "Tests/FuzzingFixtures",
            swiftSettings: settings),
        tests(
            "Fuzz", ["Cluster", "Diffusion", "FuzzingFixtures", "Results", "Scheduling", "SweepGrid"],
            exclude: ["Corpus"]),
        tests("CommandLine", ["CommandLine", "Sweeps", "Results", "SweepGrid"]),

        // Measures the modules' inner parts, so it cannot stand in the package of the other benchmarks.
        .executableTarget(
            name: "reliability",
            dependencies: [
                "Cluster", "CommandLine", "Diffusion", "Results", "Scheduling", "SweepGrid", "ZeroMQ",
            ], path: "Benchmarks/Reliability", swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
