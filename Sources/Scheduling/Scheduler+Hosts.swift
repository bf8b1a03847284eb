internal import OrderedCollections

extension Scheduler {
    /// The hosts of members that take work.
    var activeHosts: Set<String> {
        var hosts: Set<String> = []
        for (worker, member) in members where !member.isDraining && member.window > 0 {
            hosts.insert(host(of: worker))
        }
        return hosts
    }

    /// Whether a worker on another host is here to take work.
    package func hasOtherHost(than host: String) -> Bool {
        members.contains { $0.value.isHeard && !$0.value.isDraining && self.host(of: $0.key) != host }
    }

    /// Decides about a worker on a drained host; whether it gets no work. The last host is used whatever happened on it.
    mutating func isTurnedAway(from host: String) -> Bool {
        guard drainReason(ofHost: host, at: now) != nil else { return false }
        guard !hasOtherHost(than: host) else { return true }
        record(.hostDrained(host: host, until: now, reason: "no other host is left", pardoned: []))
        return false
    }

    func host(of worker: WorkerID) -> String { members[worker]?.host ?? ledger.workers[worker]?.host ?? "" }

    /// Remembers that tasks succeeded at a worker; those that failed on other hosts speak against these.
    mutating func noteSuccess(of tasks: Range<Int>, at worker: WorkerID) {
        let host = host(of: worker)
        guard !host.isEmpty else { return }
        for task in tasks.suffix(HostRecord.window) { hosts[host, default: HostRecord()].add(task, .succeeded) }
        guard !ledger.suspects.isEmpty else { return }
        for task in tasks {
            guard let suspect = ledger.suspects[task] else { continue }
            for other in Set(suspect.setbacks.map(\.host)).sorted() where other != host && hosts[other] != nil {
                hosts[other]?.judge(task, .refuted)
                drainIfBroken(other)
            }
        }
    }

    /// Remembers that a task failed at a worker; a task that fails on two hosts is to blame itself.
    mutating func noteFailure(of task: Int, at worker: WorkerID) {
        let host = host(of: worker)
        guard !host.isEmpty, ledger.drainedHosts[host].map({ $0.until <= now }) ?? true else { return }
        let others = Set(ledger.suspects[task]?.setbacks.map(\.host) ?? []).subtracting([host])
        hosts[host, default: HostRecord()].add(task, others.isEmpty ? .failed : .excused)
        if !others.isEmpty { hosts[host]?.judge(task, .excused) }
        for other in others.sorted() { hosts[other]?.judge(task, .excused) }
        drainIfBroken(host)
    }

    /// Drains a host on which many different tasks failed that succeeded elsewhere, unless it is the only one left.
    private mutating func drainIfBroken(_ host: String) {
        guard let tasks = hosts[host]?.brokenBy(policy.hostFailureLimit),
            !activeHosts.subtracting([host]).isEmpty
        else { return }
        let named = tasks.prefix(8).map(String.init).joined(separator: ", ")
        let reason =
            "\(tasks.count) tasks failed on \(host) and succeeded on other hosts (\(named)\(tasks.count > 8 ? ", ..." : ""))"
        hosts[host] = nil
        let until = now + policy.hostDrainDuration
        record(.hostDrained(host: host, until: until, reason: reason, pardoned: pardoned(by: host)))
        for worker in members.keys where self.host(of: worker) == host && members[worker]?.isDraining == false {
            record(.workerDrained(worker))
            members[worker]?.isDraining = true
            send(.drain, to: worker)
        }
        countSlots()
    }

    /// The given-up tasks that would not have been given up without their failures on a host.
    private func pardoned(by host: String) -> [Range<Int>] {
        var tasks = TaskSet()
        for task in ledger.failures.keys {
            guard var suspect = ledger.suspects[task], suspect.failed(on: host) else { continue }
            suspect.pardon(host)
            if !suspect.isGivenUp(by: policy) { tasks.insert(task..<task + 1) }
        }
        return tasks.ranges
    }
}
