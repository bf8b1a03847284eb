import Foundation
import SweepGrid
import Testing

@testable import HDF5
@testable import Results

@Suite struct ShardTests {
    private let design = Fixture.product

    private func sealed(_ tasks: [Int], of design: Design) throws -> (bytes: [UInt8], sealed: SealedShard) {
        var writer = ShardWriter(design: design, worker: "node-1", host: "host-1")
        var identities = TaskIdentities(design)
        for task in tasks {
            writer.append(
                task: task, id: identities[task], attempt: 2, result: Fixture.result(task, of: design),
                started: 1_700_000_000.5, seconds: 0.25)
        }
        return try writer.encoded()
    }

    @Test func aShardComesBackAsItWasWrittenInTheOrderOfItsTasks() throws {
        let directory = try TemporaryDirectory()
        var writer = ShardWriter(design: design, worker: "node-1", host: "host-1")
        for task in [5, 2, 140] {
            writer.append(
                task: task, id: design.taskID(task), attempt: 2, result: Fixture.result(task, of: design),
                started: 1_700_000_000.5, seconds: 0.25)
        }
        let sealed = try writer.seal(in: directory.path)
        #expect(writer.count == 0)
        #expect(sealed.taskCount == 3)
        #expect(sealed.name == "shard-\(sealed.digest).h5")
        #expect(SHA256.hash(try directory.bytes(sealed.name)) == sealed.digest)

        var reader = ShardReader(design: design)
        let shard = try reader.read(directory.file(sealed.name))
        #expect(shard.tasks == [2, 5, 140])
        #expect(shard.ids == [2, 5, 140].map { design.taskID($0) })
        #expect(shard.attempts == [2, 2, 2])
        #expect(shard.started == Array(repeating: 1_700_000_000.5, count: 3))
        #expect(shard.seconds == [0.25, 0.25, 0.25])
        #expect(shard.header.worker == "node-1" && shard.header.host == "host-1")
        for (row, task) in [2, 5, 140].enumerated() {
            #expect(shard.result(row).digest() == Fixture.result(task, of: design).digest())
        }
        #expect(try Disk.names(in: directory.path) == [sealed.name])
    }

    @Test func theSameResultsGiveTheSameShardBytes() throws {
        #expect(try sealed([3, 1, 2], of: design).bytes == sealed([1, 2, 3], of: design).bytes)
    }

    @Test func aShardWithoutArraysOrOfNothingIsReadToo() throws {
        let scalar = Schema(measurements: [MeasurementSpec(name: "word", unit: "", longName: "first word")])
        let design = Fixture.design([Fixture.sampleCount], schema: scalar)
        var writer = ShardWriter(design: design, worker: "w", host: "h")
        var reader = ShardReader(design: design)
        let empty = try writer.encoded()
        #expect(try reader.verify(empty.bytes, digest: empty.sealed.digest, name: "empty").count == 0)
        writer.append(
            task: 1, id: design.taskID(1), attempt: 1, result: TaskResult(status: .ok, values: [3], lengths: []),
            started: 0, seconds: 0)
        let (bytes, sealed) = try writer.encoded()
        #expect(try reader.verify(bytes, digest: sealed.digest, name: "one").values == [3])
    }

    @Test func everyFlippedByteAndEveryTruncationIsRefusedByName() throws {
        let (bytes, sealed) = try sealed([0, 1], of: design)
        var reader = ShardReader(design: design)
        for position in stride(from: 0, to: bytes.count, by: 97) {
            var damaged = bytes
            damaged[position] ^= 0x10
            let error = #expect(throws: StorageError.self) {
                try reader.verify(damaged, digest: sealed.digest, name: "shards/x.h5")
            }
            #expect(error?.path == "shards/x.h5")
            #expect(error?.problem.contains("SHA-256") == true)
        }
        #expect(throws: StorageError.self) {
            try reader.verify(Array(bytes.dropLast(1)), digest: sealed.digest, name: "short")
        }
    }

    /// What a sender that computes the digest of its own damage could deliver.
    @Test func bytesWithARightDigestButAWrongLayoutAreRefused() throws {
        var reader = ShardReader(design: design)
        func problem(_ bytes: [UInt8]) -> String? {
            let error = #expect(throws: StorageError.self) {
                try reader.verify(bytes, digest: SHA256.hash(bytes), name: "x")
            }
            return error?.problem
        }
        #expect(problem([])?.contains("empty") == true)
        #expect(problem(Array("no HDF5".utf8))?.contains("HDF5") == true)
        let file = try File.createInMemory(name: "other")
        try file.root().setAttribute("format", "something else")
        #expect(problem(try file.image())?.contains("it is not a shard") == true)
        let (bytes, _) = try sealed([0, 1], of: design)
        #expect(problem(Array(bytes.dropLast(500))) != nil)
    }

    @Test func aShardOfAnotherVersionSeedOrDesignIsRefusedWithThatReason() throws {
        var reader = ShardReader(design: design)
        func problem(_ other: Design) throws -> String {
            let (bytes, sealed) = try sealed([0], of: other)
            let error = #expect(throws: StorageError.self) {
                try reader.verify(bytes, digest: sealed.digest, name: "x")
            }
            return try #require(error).problem
        }
        var other = design
        other.version = 2
        #expect(try problem(other) == "holds results of recovery version 2, but the run is of recovery version 1")
        other = design
        other.seed = 8
        #expect(try problem(other) == "belongs to a run with another seed, schema or sharing of chance")
        other = design
        other.replicates = 5
        #expect(try problem(other) == "belongs to a run of another design of recovery")
    }

    @Test func aTaskOutsideTheDesignOrWithAForeignIdentityIsRefused() throws {
        var reader = ShardReader(design: design)
        func problem(task: Int, id: TaskID, lengths: [Int] = [4]) throws -> String {
            var writer = ShardWriter(design: design, worker: "w", host: "h")
            let row = Fixture.result(0, of: design)
            writer.append(
                task: task, id: id, attempt: 1,
                result: TaskResult(status: .ok, values: row.values, lengths: lengths), started: 0, seconds: 0)
            let (bytes, sealed) = try writer.encoded()
            let error = #expect(throws: StorageError.self) {
                try reader.verify(bytes, digest: sealed.digest, name: "x")
            }
            return try #require(error).problem
        }
        #expect(try problem(task: 144, id: design.taskID(0)) == "names task 144, but the run has 144 tasks")
        #expect(try problem(task: 1, id: design.taskID(0)) == "gives task 1 an identity that is not its own")
        #expect(
            try problem(task: 1, id: design.taskID(1), lengths: [5])
                == "gives task 1 an array of length 5, longer than its dimension")
    }

    @Test func aFileWithAnotherNameIsNotAShard() throws {
        let directory = try TemporaryDirectory()
        try Disk.writeAtomically([1, 2], to: directory.file("notes.h5"))
        var reader = ShardReader(design: design)
        let error = #expect(throws: StorageError.self) { try reader.read(directory.file("notes.h5")) }
        #expect(error?.problem == "does not have the name of a shard, shard-<SHA-256>.h5")
    }

    @Test func aDirectoryThatIsMissingKeepsTheResultsForAnotherTry() throws {
        let directory = try TemporaryDirectory()
        var writer = ShardWriter(design: design, worker: "w", host: "h")
        writer.append(
            task: 0, id: design.taskID(0), attempt: 1, result: Fixture.result(0, of: design), started: 0, seconds: 0)
        let error = #expect(throws: StorageError.self) { try writer.seal(in: directory.file("absent")) }
        #expect(error?.description.contains("No such file or directory") == true)
        #expect(writer.count == 1)
        #expect(try writer.seal(in: directory.path).taskCount == 1)
    }
}
