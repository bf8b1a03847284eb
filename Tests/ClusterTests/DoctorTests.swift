import ClusterFixtures
import Foundation
import Testing

@testable import Cluster

/// What is found out about a host.
@Suite struct DoctorTests {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    @Test func aPlaceForRunsIsTriedAndLeftAsItWas() throws {
        let findings = DirectoryCheck.findings(scratch.path + "/runs/new")
        #expect(
            findings.map(\.subject) == [
                "directory", "file system", "free space", "durability", "hard links", "exchange",
            ])
        #expect(findings.allSatisfy { $0.level != .problem })
        let place = scratch.path
        #expect(findings[0].text == "'\(place)/runs/new' is not there yet; what follows is about '\(place)'")
        #expect(findings[1].text.hasPrefix("'\(place)' is on "))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
        let nowhere = DirectoryCheck.findings("/proc/runs")
        #expect(nowhere.last?.level == .problem && nowhere.last?.subject == "durability")
    }

    @Test func theLibrariesAreNamedWithTheirVersions() {
        let findings = HostCheck.libraries()
        #expect(findings.map(\.subject) == ["libzmq", "HDF5", "SQLite"])
        #expect(findings.allSatisfy { $0.text.first?.isNumber == true })
    }

    @Test func strangeTimesAndFullDisksAreTold() {
        #expect(
            HostCheck.year(ofUnixTime: 0)
                == Finding(
                    .warning, "wall time", "the year is 1970",
                    advice: "set the clock, for example with chronyd: results carry the time for people"))
        #expect(HostCheck.year(ofUnixTime: 1_800_000_000).level == .ok)
        #expect(DirectoryCheck.space(free: 10 << 20).level == .problem)
        #expect(DirectoryCheck.space(free: 500 << 20).level == .warning)
        #expect(DirectoryCheck.space(free: 20 << 30) == Finding(.ok, "free space", "20 GiB"))
    }

    @Test func anEndpointIsFreeTakenOrACoordinators() throws {
        let coordinator = try TestCoordinator(FixtureSweeps.words, into: scratch.path + "/run")
        let taken = HostCheck.endpoint(coordinator.endpoint) { nil }
        #expect(
            taken.level == .ok && taken.text.contains("a coordinator answers at \(coordinator.endpoint): sweep 'words'")
        )
        coordinator.stop()
        _ = try coordinator.finish()
        let free = HostCheck.endpoint(coordinator.endpoint) { nil }
        #expect(free == Finding(.ok, "endpoint", "\(coordinator.endpoint) is free on this host"))
        #expect(HostCheck.endpoint("nonsense") { nil }.level == .problem)
        let path = scratch.path + "/thesis"
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        #expect(HostCheck.endpoint("ipc://\(path)") { nil }.level == .problem)
    }

    @Test func keysThatOthersCanReadAreAProblem() throws {
        let keys = KeyDirectory(scratch.path + "/keys")
        #expect(HostCheck.keys(keys).text.hasPrefix("none in"))
        _ = try keys.initialize(replacing: false)
        _ = try keys.add("node1", role: .worker)
        #expect(
            HostCheck.keys(keys)
                == Finding(.ok, "keys", "'\(keys.path)' is private: a coordinator's key, 1 worker, 0 control"))
        chmod(keys.path, 0o755)
        #expect(HostCheck.keys(keys).level == .problem)
    }
}
