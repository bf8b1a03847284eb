import Scheduling
import SweepGrid

extension VirtualCluster {
    /// Writes the results of stored shards into one; those with a task that another one has stay as they are.
    func compact(_ shards: [Digest]) -> CoordinatorSession.Compaction {
        var results: [Int: UInt64] = [:]
        var replaced: [Digest] = []
        for shard in shards {
            guard let file = disk.shards[shard] else {
                report.violations.append("a shard is to be compacted that is not there")
                continue
            }
            let words = words(in: file)
            let tasks = stride(from: 0, to: words.count, by: 2).map { Int(words[$0]) }
            guard tasks.allSatisfy({ results[$0] == nil }) else { continue }
            for (index, task) in tasks.enumerated() { results[task] = words[2 * index + 1] }
            replaced.append(shard)
        }
        guard replaced.count > 1 else { return .unfit(Array(shards.prefix(1))) }
        let file = results.sorted { $0.key < $1.key }.flatMap { bytes(of: UInt64($0.key)) + bytes(of: $0.value) }
        let name = digest(of: file)
        disk.shards[name] = file
        return .stored(name, replacing: replaced)
    }
}
