extension Scenario {
    /// The smallest scenario found for which `fails` is still true: few faults and unruly tasks, few points and agents;
    /// itself when it does not fail.
    ///
    /// Takes one thing away at a time, until nothing more can be spared; costs O(faults squared) runs.
    package func shrunk(while fails: (Scenario) -> Bool) -> Scenario {
        guard fails(self) else { return self }
        var smallest = self
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            for candidate in smallest.smaller where fails(candidate) {
                smallest = candidate
                isSmaller = true
                break
            }
        }
        return smallest
    }

    /// The scenarios with one thing less.
    private var smaller: [Scenario] {
        var candidates: [Scenario] = []
        for index in faults.indices {
            var candidate = self
            candidate.faults.remove(at: index)
            candidates.append(candidate)
        }
        for path in [\Scenario.failingTasks, \Scenario.flakyTasks, \Scenario.poisonTasks, \.lethalTasks, \.greedyTasks]
        {
            for task in self[keyPath: path].sorted() {
                var candidate = self
                candidate[keyPath: path].remove(task)
                candidates.append(candidate)
            }
        }
        for path in [\Scenario.pointCount, \Scenario.replicates, \Scenario.agentCount, \Scenario.slotsPerAgent]
        where self[keyPath: path] > 1 {
            var candidate = self
            candidate[keyPath: path] -= 1
            candidate.forgetTasksBeyondTheEnd()
            candidates.append(candidate)
        }
        return candidates
    }

    private mutating func forgetTasksBeyondTheEnd() {
        let taskCount = taskCount
        failingTasks = failingTasks.filter { $0 < taskCount }
        flakyTasks = flakyTasks.filter { $0 < taskCount }
        poisonTasks = poisonTasks.filter { $0 < taskCount }
        lethalTasks = lethalTasks.filter { $0 < taskCount }
        greedyTasks = greedyTasks.filter { $0 < taskCount }
        faults.removeAll { $0.agent >= agentCount }
    }

    /// The scenario as a test that can be pasted into `SimulationTests`.
    package var asTest: String {
        let plain = Scenario(seed: seed)
        var lines = ["@Test func seed\(seed)() {", "    var scenario = Scenario(seed: \(seed))"]
        func add<Value: Equatable>(_ name: String, _ path: KeyPath<Scenario, Value>, _ text: (Value) -> String) {
            guard self[keyPath: path] != plain[keyPath: path] else { return }
            lines.append("    scenario.\(name) = \(text(self[keyPath: path]))")
        }
        add("pointCount", \.pointCount) { "\($0)" }
        add("replicates", \.replicates) { "\($0)" }
        add("agentCount", \.agentCount) { "\($0)" }
        add("slotsPerAgent", \.slotsPerAgent) { "\($0)" }
        add("taskDuration", \.taskDuration) { ".milliseconds(\(Int($0 / .milliseconds(1))))" }
        add("failingTasks", \.failingTasks) { "\($0.sorted())" }
        add("flakyTasks", \.flakyTasks) { "\($0.sorted())" }
        add("poisonTasks", \.poisonTasks) { "\($0.sorted())" }
        add("lethalTasks", \.lethalTasks) { "\($0.sorted())" }
        add("greedyTasks", \.greedyTasks) { "\($0.sorted())" }
        add("brokenAgent", \.brokenAgent) { $0.map { "\($0)" } ?? "nil" }
        add("mistake", \.mistake) { $0.map { ".\($0.rawValue)" } ?? "nil" }
        if !faults.isEmpty {
            lines.append("    scenario.faults = [")
            lines += faults.map { "        \($0)," }
            lines.append("    ]")
        }
        lines += ["    #expect(VirtualCluster(scenario).run().violations == [])", "}"]
        return lines.joined(separator: "\n")
    }
}
