import Foundation
import Scheduling
import SweepGrid
import Testing

@testable import Journal

/// A file system of a few hundred KiB in memory, mounted for one test.
private final class SmallDisk {
    let path: String

    /// Nil where one may not mount.
    init?(kibibytes: Int) {
        let path = NSTemporaryDirectory() + "/disk-\(UUID().uuidString)"
        mkdir(path, 0o755)
        guard mount("none", path, "tmpfs", 0, "size=\(kibibytes)k") == 0 else {
            rmdir(path)
            return nil
        }
        self.path = path
    }

    func remount(readonly: Bool, kibibytes: Int) -> Bool {
        mount("none", path, "tmpfs", UInt(MS_REMOUNT) | (readonly ? UInt(MS_RDONLY) : 0), "size=\(kibibytes)k") == 0
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
    }

    static var isAllowed: Bool { SmallDisk(kibibytes: 64) != nil }
}

/// Scenario 14. The tests that need a disk of their own need root, who may mount one.
@Suite struct JournalDiskTests {
    private let fact = Fact.attemptFailed(
        AttemptFailure(task: 1, attempt: 1, .error, message: String(repeating: "x", count: 2_000)), worker: WorkerID(1),
        retryAt: .never)

    @Test(.enabled(if: SmallDisk.isAllowed, "mounting a small file system needs root"))
    func aFullDiskRefusesFactsAndTakesThemOnceThereIsSpace() throws {
        guard let disk = SmallDisk(kibibytes: 256) else { return }
        let path = disk.path + "/journal.sqlite"
        try Journal.create(at: path, design: design)
        let journal = try Journal(opening: path, design: design, clock: noon) { _ in }
        var count = 0
        var refusal: JournalError?
        while refusal == nil, count < 10_000 {
            do throws(JournalError) {
                try journal.append([fact, fact, fact], at: .zero)
                count += 3
            } catch {
                refusal = error
            }
        }
        #expect(refusal?.cause == .disk)
        #expect(
            refusal?.description
                == "'\(path)' cannot be written: No space left on device (free space there; nothing that was acknowledged is lost)"
        )
        for _ in 0..<3 {
            #expect(throws: JournalError.self) { try journal.append([fact, fact, fact], at: .zero) }
        }
        #expect(journal.count == count)
        #expect(disk.remount(readonly: false, kibibytes: 4_096))
        try journal.append([.workerLost(WorkerID(5)), fact, fact, fact], at: .zero)
        let expected = Array(repeating: fact, count: count) + [.workerLost(WorkerID(5)), fact, fact, fact]
        #expect(try rows(of: path).map(\.fact) == expected)
    }

    @Test(.enabled(if: SmallDisk.isAllowed, "mounting a small file system needs root"))
    func aFullDiskAtTheStartLeavesNothing() throws {
        guard let disk = SmallDisk(kibibytes: 8) else { return }
        let error = #expect(throws: JournalError.self) {
            try Journal.create(at: disk.path + "/journal.sqlite", design: design)
        }
        #expect(error?.cause == .disk)
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == [])
    }

    @Test(.enabled(if: SmallDisk.isAllowed, "mounting a small file system needs root"))
    func aJournalOnAReadOnlyDiskCanBeReadAndNotContinued() throws {
        guard let disk = SmallDisk(kibibytes: 1_024) else { return }
        let path = disk.path + "/a journal?.sqlite"
        try makeJournal(everyFact, at: path)
        #expect(disk.remount(readonly: true, kibibytes: 1_024))
        #expect(try rows(of: path).map(\.fact) == everyFact)
        let error = #expect(throws: JournalError.self) { try Journal(opening: path, design: design) { _ in } }
        #expect(error?.cause == .disk)
        #expect(error?.problem.contains("Read-only file system") == true)
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
    func aJournalWithoutPermissionIsNamed() throws {
        let directory = try TemporaryDirectory()
        try makeJournal(everyFact, at: directory.journal)
        chmod(directory.path, 0o555)
        defer { chmod(directory.path, 0o755) }
        let error = #expect(throws: JournalError.self) {
            try Journal(opening: directory.journal, design: design) { _ in }
        }
        #expect(error?.cause == .disk)
        #expect(error?.problem.contains("Permission denied") == true)
    }

    @Test func aLocalDiskGivesNoWarning() throws {
        let directory = try TemporaryDirectory()
        let fileSystem = try #require(FileSystem(under: directory.path + "/not/there/yet"))
        #expect(fileSystem == FileSystem(under: directory.path))
        #expect(FileSystem(under: "") == FileSystem(under: "."))
        #expect(FileSystem(under: "not-there") == FileSystem(under: "."))
        #expect(FileSystem(under: "/proc")?.isNetwork == false)
    }

    @Test(arguments: [
        (UInt32(0x6969), "NFS", true), (0x0BD0_0BD0, "Lustre", true), (0xFF53_4D42, "CIFS", true),
        (0x6573_5546, "FUSE", true), (0xEF53, "ext4", false), (0x1234, "0x1234", false),
    ]) func aNetworkFileSystemIsNamed(magic: UInt32, name: String, isNetwork: Bool) {
        let fileSystem = FileSystem(magic: magic)
        #expect(fileSystem.name == name)
        #expect(fileSystem.isNetwork == isNetwork)
        #expect((fileSystem.warning != nil) == isNetwork)
        #expect(fileSystem.warning?.contains(name) != false)
    }
}
