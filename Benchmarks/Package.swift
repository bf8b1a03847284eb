// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that benchmarks add nothing to what users build. `make bench` runs every product.
let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "phasemap", path: "..")],
    targets: [
        .executableTarget(name: "expansion", dependencies: [.product(name: "PhaseMap", package: "phasemap")]),
        .executableTarget(name: "kernels", dependencies: [.product(name: "PhaseMap", package: "phasemap")]),
        .executableTarget(name: "acceptance", dependencies: [.product(name: "PhaseMap", package: "phasemap")]),
        .executableTarget(name: "throughput", dependencies: [.product(name: "PhaseMap", package: "phasemap")]),
        .executableTarget(name: "mcm", dependencies: [.product(name: "PhaseMap", package: "phasemap")]),
        .executableTarget(name: "merge", dependencies: [.product(name: "PhaseMap", package: "phasemap")]),
        .executableTarget(name: "collapse", dependencies: [.product(name: "PhaseMap", package: "phasemap")]),
    ],
    swiftLanguageModes: [.v6]
)
