import ClusterFixtures
import Foundation
import Results
import Scheduling
import SweepGrid
import Testing

@testable import Cluster

/// Runs that get a larger design.
@Suite struct ExtensionTests {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    private let program = SlotProgram(path: fixtureProgram)

    /// Makes a run of a sweep and computes what `isDone` says of what is missing, in this process, in two shards.
    private func compute(
        _ run: FrozenRun, in path: String, order: (Int) -> Int = { $0 }, where isDone: (Int) -> Bool = { _ in true }
    ) throws {
        let (claimed, frozen) = try ClaimedDirectory.claim(path, for: run) { () throws(ClusterError) in
            try ProbeRun.fix(run, program: program)
        }
        defer { withExtendedLifetime(claimed) {} }
        let design = frozen.design
        let present = Set(try committedResults(in: path).keys)
        let missing = (0..<design.taskCount).filter { !present.contains($0) && isDone($0) }
        let streams = StreamKeys(design)
        for half in [missing.prefix(missing.count / 2), missing.suffix(missing.count - missing.count / 2)] {
            guard !half.isEmpty else { continue }
            var writer = ShardWriter(design: design, worker: "worker \(half.startIndex)", host: "h")
            for task in half.sorted(by: { order($0) < order($1) }) {
                let (point, replicate) = task.quotientAndRemainder(dividingBy: design.replicates)
                let result = try AnyExperiment(Cells.self).run(
                    design.values(ofPoint: point), schema: design.schema,
                    in: Context(streams: streams.streams(point: point, replicate: replicate)))
                writer.append(
                    task: task, id: design.taskID(task), attempt: 1, result: result, started: Double(task), seconds: 1)
            }
            try writer.seal(in: path + "/shards")
        }
    }

    /// The merged file of a run.
    private func merged(_ path: String) throws -> Data {
        _ = try Merge([RunDirectory(path)]).write()
        return try Data(contentsOf: URL(fileURLWithPath: path + "/phase-diagram.h5"))
    }

    /// Extensions to the larger of two random grids give the bytes of a fresh run of it, whatever the shape.
    @Test(arguments: 0..<24) func anExtendedRunHasTheBytesOfAFreshOne(seed: Int) throws {
        var random = RandomStream(key: UInt64(seed), highCounter: 7)
        let (small, large) = CellGrid.randomPair(&random)
        let (old, new) = (try small.sweep.freeze(), try large.sweep.freeze())
        let (path, fresh) = (scratch.path + "/run", scratch.path + "/fresh")
        // Half-finished runs are extended too.
        let share = random.nextWord() % 3
        try compute(old, in: path, where: { share == 0 || $0 % 3 != 0 })
        let before = try committedResults(in: path).count

        let extended = try RunExtension(path, to: new)
        #expect(extended.obstacles == [] && extended.vanishedPoints == [], "\(small) to \(large)")
        try extended.perform(program: program)
        #expect(try committedResults(in: path).count == before, "\(small) to \(large)")
        #expect(try RunRepair.verify(path).isSound)
        try compute(new, in: path)
        #expect(try RunDirectory(path).readRun().design.taskCount == committedResults(in: path).count)
        try compute(new, in: fresh, order: { -$0 })
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: path + "/run.json"))
                == Data(contentsOf: URL(fileURLWithPath: fresh + "/run.json")), "\(small) to \(large)")
        #expect(try merged(path) == merged(fresh), "\(small) to \(large)")
    }

    /// Resume/extend: a kill at every step leaves the old run or the new one, and the next extension goes through.
    @Test(arguments: RunExtension.Step.allCases) func aKillAtAnyStepLeavesTheOldRunOrTheNewOne(
        step: RunExtension.Step
    ) throws {
        let path = scratch.path + "/run"
        let (old, new) = (try FixtureSweeps.cells.freeze(), try FixtureSweeps.moreCells.freeze())
        try compute(old, in: path, where: { $0 % 2 == 0 })
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path + "/notes.txt"))
        let done = try committedResults(in: path).count

        let killed = try fixture("extend", path, step.rawValue)
        #expect(killed.status == SIGKILL)
        let isExchanged = step == .exchanged || step == .removed
        #expect(try RunDirectory(path).readRun().design.digest == (isExchanged ? new : old).design.digest)
        #expect(try RunRepair.verify(path).isSound)
        #expect(try committedResults(in: path).count == done)

        #expect(try fixture("extend", path).status == 0)
        try compute(new, in: path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["run"])
        #expect(try String(contentsOfFile: path + "/notes.txt", encoding: .utf8) == "mine")
        try compute(new, in: scratch.path + "/fresh")
        #expect(try merged(path) == merged(scratch.path + "/fresh"))
    }

    @Test func aRunThatACoordinatorHasIsNotExtended() throws {
        let path = scratch.path + "/run"
        let coordinator = try TestCoordinator(FixtureSweeps.cells, into: path)
        let refused = try fixture("extend", path)
        #expect(refused.status == 1 && refused.words.contains("is in use by another coordinator"), "\(refused.words)")
        coordinator.stop()
        _ = try coordinator.finish()
        #expect(try fixture("extend", path).status == 0)
    }

    /// Changed code under the old version is an explicit choice, not a silent mixture.
    @Test func anExperimentThatComputesOtherBitsThanBeforeIsRefused() throws {
        let path = scratch.path + "/run"
        try compute(try FixtureSweeps.cells.freeze(), in: path)
        let before = try Data(contentsOf: URL(fileURLWithPath: path + "/run.json"))
        let refused = try fixture("extend", path, environment: ["FIXTURE_ALTERED": "1"])
        #expect(refused.status == 1)
        #expect(refused.words.contains("computes other results than when '\(path)' was started"), "\(refused.words)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path + "/run.json")) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["run"])
        // Another host's arithmetic is no choice at all.
        let foreign = try fixture("extend", path, environment: ["FIXTURE_OPENBLAS": "0.1"])
        #expect(foreign.status == 1 && foreign.words.contains("bound to OpenBLAS 0.3.21, this host has 0.1"))
    }

    /// Scenario 4, over an extension: what failed keeps its error text and its state, and is not computed again.
    @Test func tasksThatWereGivenUpOrCancelledStaySo() throws {
        let path = scratch.path + "/run"
        let old = try FixtureSweeps.cells.freeze()
        try compute(old, in: path, where: { $0 > 3 })
        let failure = AttemptFailure(task: 1, attempt: 3, .error, message: "the fixture refuses this task")
        try append(
            [
                .attemptFailed(failure, worker: WorkerID(1), retryAt: .never),
                .tasksCancelled(tasks: [2..<4], ControlOrigin(RequestID(client: 1, number: 2), who: "me")),
            ], to: path, of: old)
        let new = try FixtureSweeps.moreCells.freeze()
        try RunExtension(path, to: new).perform(program: program)

        let coordinator = try TestCoordinator(FixtureSweeps.moreCells, into: path, workers: 2)
        let outcome = try coordinator.finish()
        let translation = PointTranslation(from: old.design, to: new.design)
        #expect(
            outcome.failures == [
                AttemptFailure(
                    task: try #require(translation[1]), attempt: 3, .error, message: "the fixture refuses this task")
            ])
        let missing = Set(0..<new.design.taskCount).subtracting(try committedResults(in: path).keys)
        #expect(missing == Set((1...3).compactMap { translation[$0] }))
    }

    private func append(_ facts: [Fact], to path: String, of run: FrozenRun) throws {
        let storage = CoordinatorStorage(RunDirectory(path), design: run.design, checkedBy: .fixtureChecker()) { _ in }
        var scheduler = Scheduler(taskCount: run.design.taskCount, tasksPerPoint: run.design.replicates) { _ in 1 }
        _ = try storage.restore(&scheduler, run.design.digest)
        storage.journal(facts, at: .zero)
        storage.finish()
    }

    private func fixture(
        _ arguments: String..., environment: [String: String] = [:]
    ) throws -> (status: Int32, words: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: fixtureProgram)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let words = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: words, as: UTF8.self))
    }
}

extension CellGrid {
    /// A random grid and a larger one that contains it.
    static func randomPair(_ random: inout RandomStream) -> (small: CellGrid, large: CellGrid) {
        var (small, large) = (CellGrid(), CellGrid())
        func die(_ sides: Int) -> Int { Int(random.nextWord() % UInt32(sides)) }
        large.kind = Kind.allCases[die(3)]
        (large.isFiltered, large.isDerived) = (die(2) == 0, die(2) == 0)
        let count = 2 + die(4)
        large.widths = (0..<count).map { 1 + 3 * $0 + die(3) }
        large.heights = (0..<count).map { 1 + 4 * $0 + die(3) }
        if die(2) == 0 {
            large.widths.reverse()
            large.heights.reverse()
        }
        large.methods = die(4) == 0 ? nil : Array(Cells.Method.allCases.shuffled(using: &random).prefix(1 + die(3)))
        large.replicates = 1 + die(3)
        small = large
        // Any part that keeps something: zips lose the same places in both axes.
        let kept = (0..<count).filter { $0 == count / 2 || die(3) > 0 }
        small.widths = kept.map { large.widths[$0] }
        small.heights =
            large.kind == .zip
            ? kept.map { large.heights[$0] }
            : large.heights.indices.filter { $0 == 0 || die(3) > 0 }.map { large.heights[$0] }
        small.methods = large.methods.map { Array($0.prefix(1 + die($0.count))) }
        // An axis that the small grid does not have at all, at its default in every task of it.
        if large.methods?.contains(.plain) == true, die(4) == 0 { small.methods = nil }
        small.replicates = 1 + die(large.replicates)
        if (try? small.sweep.freeze()) == nil { (small.isFiltered, large.isFiltered) = (false, false) }
        return (small, large)
    }
}
