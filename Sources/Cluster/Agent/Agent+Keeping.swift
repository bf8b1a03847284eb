internal import Glibc
internal import Results
internal import Scheduling
internal import SweepGrid

extension Agent {
    /// Ends a worker that drains and whose coordinator does not come back.
    func endUselessDrain() {
        guard let since = drainingSince, now - max(since, lastHeard) > options.drainLimit else { return }
        end(
            .failed(
                "the coordinator at \(options.endpoint) has not taken the last results within \(options.drainLimit)"))
    }

    /// Puts results that nobody has taken where a person finds them, and says where; without any the directory goes.
    func leaveDirectory() {
        // Only a complete run has no use for them; one that refused the worker or was stopped may be resumed.
        guard outcome != .finished, parent == nil, let frozen else { return directory.remove() }
        for case .storage(.shardClosed(let number, _, _)) in events.take() { openShards[number] = nil }
        for (number, rows) in openShards { storage.closeShard(number, rows, of: frozen.design) }
        storage.finish()
        let names = ((try? Disk.names(in: directory.path)) ?? []).filter { $0.hasSuffix(".h5") }
        let place = "\(options.temporaryDirectory)/phasemap-results-\(frozen.sweep)-\(getpid())"
        guard !names.isEmpty else { return directory.remove() }
        for name in (try? Disk.names(in: directory.path)) ?? [] where !names.contains(name) {
            unlink(directory.path + "/" + name)
        }
        let kept = directory.leave(as: place)
        options.log(
            "\(names.count) shard\(names.count == 1 ? "" : "s") that the coordinator has not taken: kept in '\(kept)'; copy them into 'shards' of the run's directory, then 'phasemap resume' takes them"
        )
    }
}
