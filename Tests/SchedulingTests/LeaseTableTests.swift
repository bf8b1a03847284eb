import Scheduling
import SweepGrid
import Testing

struct LeaseTableTests {
    private struct Model {
        var worker: WorkerID
        var tasks: [Range<Int>]
        var open: Int
    }

    private static let existing = 0..<1_000

    /// Leases with several runs, with runs outside of the sweep, and numbers far apart.
    private func lease(_ number: UInt32, _ stream: inout RandomStream) -> Lease {
        let runs = (0..<Int.random(in: 1...3, using: &stream)).map { _ in
            let lower = Int.random(in: 0..<1_200, using: &stream)
            return TaskRun(lower..<lower + Int.random(in: 0..<20, using: &stream), attempt: 1)
        }
        return Lease(LeaseID(number), to: WorkerID(UInt32.random(in: 1...5, using: &stream)), runs: runs)
    }

    @Test func aTableAgreesWithADictionaryOnRandomOperations() {
        var stream = RandomStream(key: 7, highCounter: 1)
        for _ in 0..<40 {
            var table = LeaseTable()
            var model: [LeaseID: Model] = [:]
            for _ in 0..<120 {
                let number =
                    Bool.random(using: &stream)
                    ? UInt32.random(in: 1...200, using: &stream) : .max - UInt32.random(in: 0..<70, using: &stream)
                if Bool.random(using: &stream) {
                    let new = lease(number, &stream)
                    let tasks = new.runs.map { $0.tasks.clamped(to: Self.existing) }.filter { !$0.isEmpty }
                    let open = Int.random(in: 0...tasks.reduce(0) { $0 + $1.count }, using: &stream)
                    table.add(new, among: Self.existing, open: open)
                    if open > 0, model[new.id] == nil {
                        model[new.id] = Model(worker: new.worker, tasks: tasks, open: open)
                    }
                } else {
                    let (id, count) = (LeaseID(number), Int.random(in: 1...15, using: &stream))
                    let isLast = model[id].map { $0.open <= count } ?? false
                    let isGone = table.remove(count, from: id)
                    #expect(isGone == isLast)
                    model[id]?.open -= count
                    if isLast { model[id] = nil }
                }
                #expect(table.openTasks == model.mapValues(\.open) && table.isConsistent)
                let id = LeaseID(number)
                #expect(table.contains(id) == (model[id] != nil))
                #expect(table.worker(of: id) == model[id]?.worker)
                #expect(table.tasks(of: id) == model[id]?.tasks ?? [])
                #expect(table.firstTask(of: id) == model[id]?.tasks.first?.lowerBound)
            }
            for (id, lease) in model {
                let isGone = table.remove(lease.open, from: id)
                #expect(isGone)
            }
            // Nothing is left of leases that are over, wherever they were.
            #expect(table == LeaseTable())
        }
    }
}
