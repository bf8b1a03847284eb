import Foundation
import SweepGrid
import Testing

@testable import Results

/// Several shards as one: the same results, the same merged file, and provenance that still knows where they came from.
@Suite struct CompactionTests {
    private let parent: TemporaryDirectory
    private let run: RunDirectory
    private let design = Fixture.product

    init() throws {
        parent = try TemporaryDirectory()
        run = RunDirectory(parent.file("run"))
        try Disk.makeDirectory(run.shards)
        try run.write(Fixture.run(design))
    }

    /// Compacts the shards with these names and removes them; returns the name of the new one.
    private func compact(_ names: [String]) throws -> String? {
        var reader = ShardReader(design: design)
        var compaction = ShardCompaction(design: design)
        for name in names {
            let digest = try #require(SealedShard.digest(in: name))
            _ = compaction.add(try reader.read(run.shards + "/" + name), digest)
        }
        guard let (bytes, digest) = try compaction.encoded() else { return nil }
        try Disk.writeAtomically(bytes, to: run.shards + "/" + SealedShard.name(digest))
        for digest in compaction.digests { Disk.remove(run.shards + "/" + SealedShard.name(digest)) }
        return SealedShard.name(digest)
    }

    private func merged() throws -> [UInt8] {
        try Disk.read(try Merge([run]).write().path, limit: 1 << 30)
    }

    private func provenance() throws -> [String: Any] {
        let data = Data(try Disk.read(run.provenance, limit: 1 << 24))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Scenarios 10 and 42: a merge of compacted shards, also of shards compacted twice, gives the bytes of a merge of the loose ones.
    @Test func compactingChangesNoByteOfTheMergedFileAndNoLineOfProvenance() throws {
        let tasks = Array(0..<design.taskCount)
        for (index, start) in stride(from: 0, to: tasks.count, by: 16).enumerated() {
            let part = tasks[start..<min(tasks.count, start + 16)]
            try Fixture.write(part, of: design, into: run, worker: "node-\(index % 3)", time: Double(1000 + index))
        }
        let reference = try merged()
        let before = try provenance()
        let names = try Disk.names(in: run.shards)
        let first = try #require(try compact(Array(names.prefix(4))))
        #expect(try merged() == reference)
        let second = try #require(try compact(try Disk.names(in: run.shards)))
        #expect(first != second)
        #expect(try Disk.names(in: run.shards) == [second])
        #expect(try merged() == reference)

        let after = try provenance()
        #expect(after["hosts"] as? NSArray == before["hosts"] as? NSArray)
        func lines(_ provenance: [String: Any]) -> [NSDictionary] {
            ((provenance["shards"] as? [[String: Any]]) ?? []).map { line in
                NSDictionary(dictionary: line.filter { $0.key != "compactedInto" })
            }.sorted { "\($0["name"] ?? "")" < "\($1["name"] ?? "")" }
        }
        #expect(lines(after) == lines(before))
        #expect(lines(before).count == names.count)
        let places = (after["shards"] as? [[String: Any]])?.compactMap { $0["compactedInto"] as? String }
        #expect(places == names.map { _ in second })
    }

    @Test func theWorkerAndHostOfEachRowAreKept() throws {
        try Fixture.write([3, 1], of: design, into: run, worker: "node-1", time: 1)
        try Fixture.write([2], of: design, into: run, worker: "node-2", time: 2)
        let name = try #require(try compact(try Disk.names(in: run.shards)))
        var reader = ShardReader(design: design)
        let shard = try reader.read(run.shards + "/" + name)
        #expect(shard.tasks == [1, 2, 3])
        #expect((0..<3).map { shard.place($0).worker } == ["node-1", "node-2", "node-1"])
        for row in 0..<3 {
            #expect(shard.result(row).digest() == Fixture.result(shard.tasks[row], of: design).digest())
        }
    }

    /// Two results of one task, equal or not, stay in their files.
    @Test func shardsWithACommonTaskAreNotJoined() throws {
        try Fixture.write([1, 2], of: design, into: run, worker: "node-1", time: 1)
        try Fixture.write([2, 3], of: design, into: run, worker: "node-2", time: 2)
        let names = try Disk.names(in: run.shards)
        #expect(try compact(names) == nil)
        #expect(try Disk.names(in: run.shards) == names)
    }

    /// A row whose origin is not described is refused, not trusted.
    @Test func anOriginThatIsNotDescribedIsRefused() throws {
        var shard = Shard(header: ShardHeader(design: design, worker: "several", host: "several"))
        let row = Fixture.result(0, of: design)
        var writer = ShardWriter(shard)
        writer.append(task: 0, id: design.taskID(0), attempt: 1, result: row, started: 0, seconds: 1)
        writer.origins = [ShardOrigin(shard, name: "shard-0.h5")]
        writer.origin = [1]
        shard.tasks = [0]
        let (bytes, sealed) = try writer.encoded()
        var reader = ShardReader(design: design)
        let error = #expect(throws: StorageError.self) {
            try reader.verify(bytes, digest: sealed.digest, name: sealed.name)
        }
        #expect(error?.description.contains("origin") == true)
    }
}
