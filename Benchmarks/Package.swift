// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that nobody who depends on the library builds or resolves what only the benchmarks need.
let package = Package(
    name: "phasemap-benchmarks",
    dependencies: [.package(name: "phasemap", path: "..")],
    targets: [
        .executableTarget(name: "kernels", dependencies: [.product(name: "PhaseMap", package: "phasemap")]),
        .executableTarget(name: "acceptance", dependencies: [.product(name: "PhaseMap", package: "phasemap")]),
    ],
    swiftLanguageModes: [.v6]
)
