import Foundation
import SweepGrid
import Testing

@testable import HDF5
@testable import Results

@Suite struct MergeTests {
    /// A run directory with the shards of some tasks.
    private func directory(
        _ design: Design, in parent: TemporaryDirectory, _ name: String = "run", tasks: [Int]? = nil, size: Int = 10
    ) throws -> RunDirectory {
        let run = RunDirectory(parent.file(name))
        try Disk.makeDirectory(run.path)
        try run.write(Fixture.run(design))
        try Fixture.write(tasks ?? Array(0..<design.taskCount), of: design, into: run, size: size)
        return run
    }

    private func merged(_ run: RunDirectory) throws -> [UInt8] {
        try Disk.read(try Merge([run]).write().path, limit: 1 << 30)
    }

    /// Oracle 17, Scenario 42.
    @Test(arguments: Fixture.Grid.allCases)
    func anyOrderDuplicationAndCutIntoShardsGivesTheSameBytes(grid: Fixture.Grid) throws {
        let parent = try TemporaryDirectory()
        let design = grid.design
        let reference = try merged(try directory(design, in: parent, "reference"))
        var generator = SystemRandomNumberGenerator()
        for (index, size) in [1, 7, 1000].enumerated() {
            let tasks = Array(0..<design.taskCount)
            let repeated = (tasks + tasks.prefix(20)).shuffled(using: &generator)
            let run = try directory(design, in: parent, "run\(index)", tasks: repeated, size: size)
            try Fixture.write(tasks.suffix(5), of: design, into: run, worker: "node-2", time: 1_800_000_000)
            #expect(try merged(run) == reference)
            // Merging again changes nothing, and leaves nothing behind.
            #expect(try merged(run) == reference)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: run.path).sorted()
                    == ["phase-diagram.h5", "provenance.json", "run.json", "shards"])
        }
    }

    /// What a journal says of tasks without a result stands in the file; a result prevails over it.
    @Test func tasksThatWereGivenUpAreMarkedAndResultsPrevail() throws {
        let parent = try TemporaryDirectory()
        let design = Fixture.product
        let run = try directory(design, in: parent, tasks: Array(0..<140))
        let plain = try merged(run)
        func merge(_ unfinished: [Merge.UnfinishedTasks]) throws -> MergeReport {
            var merge = try Merge([run])
            merge.unfinished[run.path] = unfinished
            return try merge.write()
        }
        let marked = try merge([.init(100..<141, .failed), .init(142..<143, .cancelled), .init(900..<901, .failed)])
        #expect(marked.count(.failed) == 1 && marked.count(.cancelled) == 1 && marked.count(.missing) == 2)
        #expect(marked.count(.ok) + marked.count(.diverged) == 140 && !marked.isComplete)
        let bytes = try Disk.read(marked.path, limit: 1 << 30)
        #expect(bytes != plain)
        // Cancelled and failed statements about one task: failed prevails, whatever the order.
        _ = try merge([.init(140..<141, .failed), .init(142..<143, .cancelled), .init(140..<141, .cancelled)])
        #expect(try Disk.read(run.phaseDiagram, limit: 1 << 30) == bytes)
        // Without them the file is what it was.
        #expect(try merged(run) == plain)
    }

    @Test func smallSlabsGiveTheSameBytesAsOneLargeSlab() throws {
        let layout = Layout(Fixture.product)
        for limit in [1, 2, 5, 12, 36, 1000] {
            let slabs = layout.slabs(limit: limit)
            #expect(slabs.flatMap { Array($0.positions) } == Array(0..<36))
            for slab in slabs { #expect(slab.count.reduce(1, *) == slab.positions.count) }
        }
        #expect(
            layout.slabs(limit: 12).map(\.start) == [[0, 0, 0], [1, 0, 0], [2, 0, 0]])
    }

    @Test func theNumbersInTheFileAreThoseOfTheResults() throws {
        let parent = try TemporaryDirectory()
        let design = Fixture.product
        let report = try Merge([try directory(design, in: parent)]).write()
        #expect(report.isComplete && report.shards.count == 15 && report.refused.isEmpty && report.duplicates == 0)
        #expect(report.count(.diverged) == 6 && report.count(.ok) == 138)

        let root = try File.open(atPath: report.path).root()
        let errors = try root.dataset("recoveryError").read(Double.self)
        let curves = try root.dataset("trainingError").read(Double.self)
        let lengths = try root.dataset("trainingError_length").read(Int32.self)
        let status = try root.dataset("status").read(UInt8.self)
        let trials = try root.dataset("trials").read(Int32.self)
        let successes = try root.dataset("successes").read(Int32.self)
        let rates = try root.dataset("success_rate").read(Double.self)
        let medians = try root.dataset("recoveryError_median").read(Double.self)
        let lower = try root.dataset("success_lower").read(Double.self)
        #expect(try root.dataset("recoveryError").extent() == [3, 6, 2, 4])
        #expect(try root.dataset("trainingError").extent() == [3, 6, 2, 4, 4])
        for point in 0..<design.pointCount {
            let results = (0..<4).map { Fixture.result(point * 4 + $0, of: design) }
            for (replicate, result) in results.enumerated() {
                let task = point * 4 + replicate
                #expect(status[task] == result.status.rawValue)
                #expect(lengths[task] == Int32(result.lengths[0]))
                #expect(errors[task].bitPattern == result.values[0].bitPattern || errors[task].isNaN)
                for step in 0..<4 {
                    let (stored, computed) = (curves[task * 4 + step], result.values[2 + step])
                    #expect(stored == computed || stored.isNaN && computed.isNaN)
                }
            }
            let count = results.count { $0.status == .ok && $0.values[0] < 0.5 }
            #expect(trials[point] == 4)
            #expect(successes[point] == Int32(count))
            #expect(rates[point] == Double(count) / 4)
            #expect(lower[point] == wilsonInterval(successes: count, trials: 4).lower)
            #expect(medians[point] == Summary(results.map { $0.values[0] }).median)
        }
        #expect(try root.attribute("design_hash", as: String.self) == design.digest.description)
        let text = try root.attribute("run_json", as: String.self)
        #expect(try Array(text.utf8) == Fixture.run(design).json())
        let boundary = try root.dataset("boundary")
        #expect(try boundary.extent() == [2, 3])
    }

    @Test func pairedDifferencesCompareEachReplicateWithItsPartner() throws {
        let parent = try TemporaryDirectory()
        let design = Fixture.product
        let root = try File.open(atPath: try Merge([try directory(design, in: parent)]).write().path).root()
        let loss = try root.dataset("loss_difference_method").read(Double.self)
        let success = try root.dataset("success_difference_method").read(Double.self)
        let upper = try root.dataset("loss_difference_method_upper").read(Double.self)
        for pair in 0..<18 {
            #expect(loss[2 * pair].isNaN && success[2 * pair].isNaN)
            let first = (0..<4).map { Fixture.result(2 * pair * 4 + $0, of: design) }
            let second = (0..<4).map { Fixture.result((2 * pair + 1) * 4 + $0, of: design) }
            let (mean, interval) = meanDifference(zip(second, first).map { $0.values[1] - $1.values[1] })
            #expect(loss[2 * pair + 1] == mean)
            #expect(upper[2 * pair + 1] == interval.upper)
            let rates = [second, first].map { Double($0.count { Fixture.rule.holds($0.values[0]) }) / 4 }
            #expect(success[2 * pair + 1] == rates[0] - rates[1])
        }
    }

    @Test func anUnfinishedRunMergesWithItsMissingTasksMarked() throws {
        let parent = try TemporaryDirectory()
        let design = Fixture.product
        let report = try Merge([try directory(design, in: parent, tasks: Array(0..<70))]).write()
        #expect(!report.isComplete && report.count(.missing) == 74)
        let root = try File.open(atPath: report.path).root()
        let complete = try root.dataset("complete").read(UInt8.self)
        #expect(complete == (0..<36).map { $0 < 17 ? 1 : 0 })
        #expect(try root.dataset("trials").read(Int32.self) == (0..<36).map { $0 < 17 ? 4 : $0 == 17 ? 2 : 0 })
        let rates = try root.dataset("success_rate").read(Double.self)
        #expect(rates[18...].count { $0.isNaN } == 18)
        #expect(
            try root.dataset("status").read(UInt8.self)
                == (0..<144).map { $0 < 70 ? ($0 / 4 / 2 % 6 == 1 && $0 % 4 == 2 ? 2 : 1) : 0 })
    }

    @Test func aRunWithoutAnyShardMerges() throws {
        let parent = try TemporaryDirectory()
        let report = try Merge([try directory(Fixture.zip, in: parent, tasks: [])]).write()
        #expect(report.count(.missing) == Fixture.zip.taskCount)
    }

    /// Scenario 42.
    @Test func damagedAndForeignShardsAreNamedAndTheOthersMerged() throws {
        let parent = try TemporaryDirectory()
        let design = Fixture.product
        let run = try directory(design, in: parent, tasks: Array(0..<100))
        let paths = try run.shardPaths()
        var bytes = try Disk.read(paths[3], limit: 1 << 20)
        bytes[bytes.count / 2] ^= 1
        try Disk.writeAtomically(bytes, to: paths[3])
        var foreign = design
        foreign.seed = 99
        let sealed = try Fixture.write(0..<5, of: foreign, into: run)
        try Disk.writeAtomically([1], to: run.shards + "/notes.h5")
        let report = try Merge([run]).write()
        #expect(
            Set(report.refused.map(\.path)) == [paths[3], run.shards + "/" + sealed[0].name, run.shards + "/notes.h5"])
        #expect(report.shards.count == 9)
        #expect(report.count(.missing) == 54)
        let provenance = try String(decoding: Disk.read(run.provenance, limit: 1 << 20), as: UTF8.self)
        #expect(provenance.contains("its SHA-256 is not the one it was stored with"))
        #expect(provenance.contains(report.digest.description))
    }

    /// One conflict costs one cell, not the picture; the bytes do not depend on which result came first.
    @Test func aTaskWithTwoResultsHasNoneAndTheReportNamesBoth() throws {
        let parent = try TemporaryDirectory()
        let design = Fixture.product
        let run = try directory(design, in: parent)
        // As if task 17 had been given up.
        let without = try directory(design, in: parent, "without", tasks: (0..<design.taskCount).filter { $0 != 17 })
        var reference = try Merge([without])
        reference.unfinished[without.path] = [.init(17..<18, .failed)]
        let expected = try Disk.read(try reference.write().path, limit: 1 << 30)
        var writer = ShardWriter(design: design, worker: "node-9", host: "odd-host")
        var result = Fixture.result(17, of: design)
        result.values[1] += 1
        writer.append(task: 17, id: design.taskID(17), attempt: 1, result: result, started: 0, seconds: 0)
        let odd = try writer.seal(in: run.shards)
        let report = try Merge([run]).write()
        #expect(report.conflictCount == 1 && report.conflicts.count == 1 && !report.isComplete)
        #expect(report.count(.failed) == 1)
        let text = try #require(report.conflicts.first).description
        #expect(text.contains("task 17 (sampleCount = 4, intrinsicDimension = 2, method = pca"))
        #expect(text.contains(odd.name) && text.contains("odd-host") && text.contains("node-1.cluster"))
        #expect(try Disk.read(run.phaseDiagram, limit: 1 << 30) == expected)
        let provenance = try String(decoding: Disk.read(run.provenance, limit: 1 << 20), as: UTF8.self)
        #expect(provenance.contains("\"conflicts\"") && provenance.contains(odd.name))

        // A third result, equal to one of them or not, changes nothing, and neither does the order of the shards.
        for (index, value) in [0.0, 1, 2].enumerated() {
            let host = "other-host-\(index)"
            var writer = ShardWriter(design: design, worker: "node-8", host: host)
            var result = Fixture.result(17, of: design)
            result.values[1] += value
            writer.append(task: 17, id: design.taskID(17), attempt: 1, result: result, started: 0, seconds: 0)
            try writer.seal(in: run.shards)
            let report = try Merge([run]).write()
            #expect(report.conflictCount == 1 && report.count(.failed) == 1)
            #expect(try Disk.read(run.phaseDiagram, limit: 1 << 30) == expected)
        }
    }

    @Test func aResultPrevailsOverAFailureWhateverTheOrder() throws {
        let parent = try TemporaryDirectory()
        let design = Fixture.product
        let empty = TaskResult(status: .failed, values: Array(repeating: .nan, count: 6), lengths: [0])
        var files: [[UInt8]] = []
        for name in ["a", "b"] {
            let run = try directory(design, in: parent, name, tasks: name == "a" ? Array(0..<20) : [])
            var writer = ShardWriter(design: design, worker: "w", host: "h")
            for task in [3, 40] {
                writer.append(task: task, id: design.taskID(task), attempt: 3, result: empty, started: 0, seconds: 0)
            }
            var cancelled = empty
            cancelled.status = .cancelled
            for task in [40, 41] {
                writer.append(
                    task: task, id: design.taskID(task), attempt: 3, result: cancelled, started: 0, seconds: 0)
            }
            try writer.seal(in: run.shards)
            if name == "b" { try Fixture.write(0..<20, of: design, into: run, size: 3) }
            let report = try Merge([run]).write()
            #expect(report.count(.failed) == 1 && report.count(.cancelled) == 1)
            files.append(try Disk.read(run.phaseDiagram, limit: 1 << 30))
        }
        #expect(files[0] == files[1])
    }

    @Test func runsOfOneFamilyAreJoinedByTheIdentityOfTheirTasks() throws {
        let parent = try TemporaryDirectory()
        let design = Fixture.product
        let half = try directory(design, in: parent, "half", tasks: Array(0..<72))
        // The same sweep cut to d = 4 has the same tasks under other numbers.
        var slice = design
        slice.dimensions[0] = Fixture.axis("intrinsicDimension", [.integer(3), .integer(4)])
        let other = try directory(slice, in: parent, "slice", tasks: [])
        var writer = ShardWriter(design: slice, worker: "node-5", host: "h")
        for task in 0..<slice.taskCount {
            let same = task + 48
            writer.append(
                task: task, id: slice.taskID(task), attempt: 1, result: Fixture.result(same, of: design), started: 0,
                seconds: 0)
            #expect(slice.taskID(task) == design.taskID(same))
        }
        try writer.seal(in: other.shards)
        let whole = try directory(design, in: parent, "whole")
        let report = try Merge([half, other]).write()
        #expect(report.isComplete && report.duplicates == 24)
        #expect(try Disk.read(half.phaseDiagram, limit: 1 << 30) == merged(whole))
        // The other way round, tasks outside the smaller design are left out and counted.
        #expect(try Merge([other, half]).write().outside == 48)
    }

    @Test func runsThatDoNotBelongTogetherAreRefusedWithTheReason() throws {
        let parent = try TemporaryDirectory()
        let design = Fixture.product
        let first = try directory(design, in: parent, "first")
        var seeded = design
        seeded.seed = 8
        let second = try directory(seeded, in: parent, "second", tasks: [])
        let error = #expect(throws: StorageError.self) { try Merge([first, second]) }
        #expect(error?.description == "'\(second.path)' cannot be merged with '\(first.path)': it has seed 8, not 7")
        var far = design
        far.dimensions[0] = Fixture.axis("intrinsicDimension", [.integer(9)])
        let third = try directory(far, in: parent, "third")
        #expect(throws: StorageError.self) { try Merge([first, third]).write() }
    }

    @Test func anotherThresholdChangesTheViewAndNotTheDesign() throws {
        let parent = try TemporaryDirectory()
        let run = try directory(Fixture.product, in: parent)
        var merge = try Merge([run])
        let strict = SuccessRule(measurement: "recoveryError", side: .below, threshold: 0.05)
        try merge.show(View(description: "strict", success: [strict, Fixture.rule], figures: []))
        let root = try File.open(atPath: try merge.write(to: run.path + "/strict.h5").path).root()
        #expect(try root.attribute("design_hash", as: String.self) == Fixture.product.digest.description)
        #expect(try root.dataset("success_rate").attribute("rule", as: String.self) == "recoveryError < 0.05")
        #expect(try root.dataset("success_rate_rule2").attribute("rule", as: String.self) == "recoveryError < 0.5")
        let error = #expect(throws: StorageError.self) {
            try merge.show(
                View(
                    description: "", success: [SuccessRule(measurement: "trainingError", side: .below, threshold: 1)],
                    figures: []))
        }
        #expect(error?.advice == "choose one of recoveryError, loss")
    }

    @Test func aPlaceThatCannotBeWrittenLeavesNothingBehind() throws {
        let parent = try TemporaryDirectory()
        let run = try directory(Fixture.product, in: parent)
        let error = #expect(throws: StorageError.self) { try Merge([run]).write(to: parent.file("absent/out.h5")) }
        #expect(error?.description.contains("No such file or directory") == true)
        #expect(try Disk.names(in: run.path) == ["run.json", "shards"])
    }
}
