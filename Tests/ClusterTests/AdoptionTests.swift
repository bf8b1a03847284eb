import ClusterFixtures
import Foundation
import Results
import Scheduling
import SweepGrid
import Testing

@testable import Cluster

/// What the next coordinator does with files among the shards that it cannot believe: it deletes none.
@Suite struct AdoptionTests {
    let scratch: ScratchDirectory
    let directory: RunDirectory

    init() throws {
        scratch = try ScratchDirectory()
        directory = RunDirectory(scratch.path + "/run")
        try Disk.makeDirectory(directory.shards)
        try directory.write(try FixtureSweeps.words.freeze())
    }

    private func storage(
        _ checker: SlotProgram = .fixtureChecker(), limit: Duration = .seconds(30)
    ) throws -> CoordinatorStorage {
        CoordinatorStorage(
            directory, design: try FixtureSweeps.words.freeze().design, checkedBy: checker, checkLimit: limit
        ) { _ in }
    }

    /// A committed shard with the result of one task.
    @discardableResult
    private func commit(_ task: Int) throws -> SealedShard {
        let design = try FixtureSweeps.words.freeze().design
        var writer = ShardWriter(design: design, worker: "w", host: "h")
        let result = TaskResult(status: .ok, values: [Double(task)], lengths: [])
        writer.append(task: task, id: design.taskID(task), attempt: 1, result: result, started: 0, seconds: 1)
        return try writer.seal(in: directory.shards)
    }

    /// The bytes of every file in a directory by its name; nil for what is no file.
    private func files(_ path: String) throws -> [String: [UInt8]?] {
        var files: [String: [UInt8]?] = [:]
        for name in try Disk.names(in: path) { files[name] = try? Disk.read(path + "/" + name, limit: 1 << 20) }
        return files
    }

    @Test func aShardThatCannotBeReadStopsTheStartAndNothingIsMoved() throws {
        for task in 1...3 { try commit(task) }
        // The disk says an error for it.
        let unreadable = directory.shards + "/" + SealedShard.name(SHA256.hash([1]))
        try Disk.makeDirectory(unreadable)
        try Disk.writeAtomically([1], to: directory.shards + "/thesis.h5")
        let before = try files(directory.shards)
        let storage = try storage()
        defer { storage.finish() }
        let error = #expect(throws: ClusterError.self) { _ = try storage.adopt { Issue.record("\($0)") } }
        #expect(error?.description.contains("'\(unreadable)' cannot be checked") == true, "\(error as Any)")
        #expect(error?.description.contains("nothing was moved") == true)
        #expect(try files(directory.shards) == before)
        #expect(!Disk.exists(directory.quarantine))
    }

    @Test func checkersThatTheSystemKillsStopTheStartAndBlameNoShard() throws {
        for task in 1...3 { try commit(task) }
        let before = try files(directory.shards)
        let storage = try storage(.fixtureChecker(evil: ("killed", scratch.path + "/marker")))
        defer { storage.finish() }
        let error = #expect(throws: ClusterError.self) { _ = try storage.adopt { Issue.record("\($0)") } }
        #expect(error?.description.contains("signal SIGKILL") == true, "\(error as Any)")
        #expect(try files(directory.shards) == before)
    }

    @Test func aCommittedShardThatBringsDownTwoCheckersIsAskedForOnceMore() throws {
        for task in 1...3 { try commit(task) }
        let storage = try storage(.fixtureChecker(evil: ("crash-twice", scratch.path + "/marker")))
        defer { storage.finish() }
        #expect(try storage.adopt { Issue.record("\($0)") }.count == 3)
        #expect(!Disk.exists(directory.quarantine))
    }

    /// Scenario 42: also in the hands of the next coordinator.
    @Test(arguments: ["crash", "hang"])
    func aShardThatBringsEveryCheckerDownIsKeptInTheQuarantine(_ evil: String) throws {
        for task in 1...3 { try commit(task) }
        let before = try files(directory.shards)
        let marker = scratch.path + "/marker"
        let storage = try storage(.fixtureChecker(evil: (evil, marker)), limit: .seconds(2))
        defer { storage.finish() }
        var notes: [String] = []
        #expect(try storage.adopt { notes.append($0) }.count == 2)
        let name = try String(contentsOfFile: marker, encoding: .utf8)
        #expect(notes.count == 1 && notes[0].contains(name), "\(notes)")
        #expect(try files(directory.quarantine) == before.filter { $0.key == name })
        #expect(try files(directory.shards) == before.filter { $0.key != name })
    }

    @Test func anyNumberOfUnsoundFilesIsMovedAndEveryByteIsKept() throws {
        let sound = try commit(1)
        let damaged = SealedShard.name(SHA256.hash([2]))
        try Disk.writeAtomically([7], to: directory.shards + "/" + damaged)
        for number in 1...120 { try Disk.writeAtomically([UInt8(number)], to: directory.shards + "/note-\(number).h5") }
        // One of that name is there already.
        try Disk.makeDirectory(directory.quarantine)
        try Disk.writeAtomically([8], to: directory.quarantine + "/" + damaged)
        let before = try files(directory.shards)
        let storage = try storage()
        defer { storage.finish() }
        var notes = 0
        #expect(try storage.adopt { _ in notes += 1 }.map(\.digest) == [sound.digest])
        #expect(notes == 121)
        var expected = before.filter { $0.key != sound.name }
        expected[damaged] = [8]
        expected[damaged + ".2"] = [7]
        #expect(try files(directory.quarantine) == expected)
        #expect(try files(directory.shards) == before.filter { $0.key == sound.name })
    }

    @Test func aFileThatCannotBeMovedStaysAndStopsTheStart() throws {
        try commit(1)
        try Disk.writeAtomically([7], to: directory.shards + "/" + SealedShard.name(SHA256.hash([2])))
        try Disk.writeAtomically([], to: directory.quarantine)
        let before = try files(directory.shards)
        let storage = try storage()
        defer { storage.finish() }
        let error = #expect(throws: ClusterError.self) { _ = try storage.adopt { Issue.record("\($0)") } }
        #expect(error?.description.contains("'\(directory.quarantine)' is not a directory") == true, "\(error as Any)")
        #expect(try files(directory.shards) == before)
    }
}
