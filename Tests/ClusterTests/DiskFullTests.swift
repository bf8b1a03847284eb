import Cluster
import ClusterFixtures
import Foundation
import Results
import SweepGrid
import Testing

/// Whether this process may mount a small disk.
private let canMount: Bool = {
    guard geteuid() == 0, let scratch = try? ScratchDirectory() else { return false }
    guard (try? SmallDisk(at: scratch.path + "/disk", kilobytes: 64)) != nil else { return false }
    return true
}()

/// A file system in memory of a given size, mounted as long as the value lives.
private final class SmallDisk {
    let path: String

    init(at path: String, kilobytes: Int) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k") == 0 else {
            throw TestFailure("mount failed with error \(errno)")
        }
        self.path = path
    }

    deinit { umount2(path, 2) }

    /// Fills what is free; remove the file to make space.
    func fill() -> String {
        let ballast = path + "/ballast"
        let file = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let zeros = [UInt8](repeating: 0, count: 4096)
        while write(file, zeros, zeros.count) > 0 {}
        close(file)
        return ballast
    }
}

extension ProcessTests {
    /// Runs on a disk that fills up.
    @Suite(.serialized, .enabled(if: canMount)) struct DiskFullTests {
        /// Scenario 14: a full disk under journal and shards stops acknowledgements, and the run goes on when there is space.
        @Test func aFullDiskPausesARunAndLosesNothing() throws {
            let scratch = try ScratchDirectory()
            let disk = try SmallDisk(at: scratch.path + "/disk", kilobytes: 4096)
            let directory = disk.path + "/run"
            let coordinator = try TestCoordinator(FixtureSweeps.naps, into: directory)
            let ballast = disk.fill()
            let worker = try TestWorker(coordinator.endpoint)
            // The registration cannot become durable, so the worker is not admitted.
            try eventually("the disk is noticed") { coordinator.lines.contains { $0.contains("No space left") } }
            #expect(try committedResults(in: directory) == [:])
            unlink(ballast)
            try eventually("the worker computes") { children(of: worker.process.processIdentifier).count == 1 }
            usleep(300_000)
            let again = disk.fill()
            let told = coordinator.lines.count { $0.contains("No space left") }
            try eventually("the disk is noticed again") {
                coordinator.lines.count { $0.contains("No space left") } > told
            }
            #expect(try committedResults(in: directory) == [:])
            unlink(again)
            #expect(try coordinator.finish().isComplete)
            #expect(worker.finish().status == 0)
            #expect(try committedResults(in: directory) == undisturbedResults(of: FixtureSweeps.naps))
            #expect(try RunRepair.verify(directory).isSound)
            let left = try FileManager.default.contentsOfDirectory(atPath: RunDirectory(directory).shards)
            #expect(left.allSatisfy { $0.hasPrefix("shard-") }, "\(left)")
        }
    }
}
