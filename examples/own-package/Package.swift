// swift-tools-version: 6.1
import Foundation
import PackageDescription

// A real package names the repository's address here; the check in scripts/check-own-package gives a local clone.
let phasemap = ProcessInfo.processInfo.environment["PHASEMAP_REPOSITORY"] ?? "../.."

let package = Package(
    name: "own-package",
    dependencies: [.package(url: phasemap, from: "0.1.0")],
    targets: [
        .executableTarget(name: "own-package", dependencies: [.product(name: "PhaseMap", package: "phasemap")])
    ],
    swiftLanguageModes: [.v6]
)
