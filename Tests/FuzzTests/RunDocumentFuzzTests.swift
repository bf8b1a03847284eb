import Foundation
import FuzzingFixtures
import Results
import Scheduling
import SweepGrid
import Testing

/// Changed run.json files: a frozen run that everything else can rely on, or an error.
@Suite struct RunDocumentFuzzTests {
    @Test func changedRunsAreSoundOrRefused() throws {
        let corpus = try kept("FuzzTests/Corpus/run-v1.json")
        let tree = try #require(try JSONSerialization.jsonObject(with: Data(corpus)) as? [String: Any])
        let outcome = try Fuzzing("run-documents", usual: 1_000).run { random in
            var bytes = corpus
            if Int.random(in: 0..<3, using: &random) == 0 {
                bytes.mutate(using: &random)
            } else {
                var changed: Any = tree
                for _ in 0..<Int.random(in: 1...2, using: &random) { changed = mutant(of: changed, &random) }
                bytes = [UInt8](
                    try JSONSerialization.data(withJSONObject: changed, options: [.fragmentsAllowed, .sortedKeys]))
            }
            guard let run = try? FrozenRun(json: bytes, name: "run.json") else { return false }
            try use(run)
            return true
        }
        #expect(outcome.accepted > 0 && outcome.refused > 0)
        #expect(outcome.growth < Fuzzing.growthLimit && outcome.peak < Fuzzing.peakLimit)
    }

    /// What no chance would find: a document nested so deeply that a reader which calls itself would have no stack left.
    @Test(arguments: [#"["#, #"{"a":"#]) func aDeeplyNestedDocumentIsRefused(opening: String) {
        let bytes = Array(String(repeating: opening, count: 1_000_000).utf8)
        #expect(throws: StorageError.self) { try FrozenRun(json: bytes, name: "run.json") }
        let head = Array(#"{"formatVersion":1,"design":"#.utf8)
        #expect(throws: StorageError.self) { try FrozenRun(json: head + bytes, name: "run.json") }
    }

    /// One value somewhere in the tree replaced, left out or doubled.
    private func mutant(of value: Any, _ random: inout RandomStream) -> Any {
        let isDeeper = Int.random(in: 0..<8, using: &random) != 0
        if var object = value as? [String: Any], isDeeper, let key = object.keys.sorted().randomElement(using: &random)
        {
            if Int.random(in: 0..<10, using: &random) == 0 {
                object[key] = nil
            } else {
                object[key] = mutant(of: object[key] ?? 0, &random)
            }
            return object
        }
        if var array = value as? [Any], isDeeper, let index = array.indices.randomElement(using: &random) {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: array.remove(at: index)
            case 1: array.append(array[index])
            case 2: array.swapAt(0, index)
            default: array[index] = mutant(of: array[index], &random)
            }
            return array
        }
        let strange: [Any] = [
            0, 1, -1, 2, 3, 1 << 31, Int.max, Int.min, 0.5, 1e308, -0.0, true, "", "molrg", "1/0", [Any](),
            [String: Any](), [[0, 1]], NSNull(),
        ]
        return strange.randomElement(using: &random) ?? 0
    }

    /// What a coordinator, a worker and the merge do with a run that was read.
    private func use(_ run: FrozenRun) throws {
        #expect(try FrozenRun(json: try run.json(), name: "again") == run)
        let design = run.design
        #expect(design.defect == nil)
        #expect(run.work.count == design.pointCount)
        #expect((0..<design.taskCount).contains(run.probeTask))
        if let probe = run.probe { #expect((0..<design.taskCount).contains(probe.task)) }
        _ = design.digest
        for point in [0, design.pointCount / 2, design.pointCount - 1] { _ = design.values(ofPoint: point) }
        _ = design.taskID(design.taskCount - 1)
        guard design.taskCount < 100_000 else { return }
        let work = run.work.expanded
        let scheduler = Scheduler(taskCount: design.taskCount, tasksPerPoint: design.replicates) { work[$0] }
        #expect(scheduler.progress.open == design.taskCount)
    }
}
