extension Scenario {
    /// The scenario with as few faults and unruly tasks as still make `fails` true; itself when it does not fail.
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
        for path in [\Scenario.failingTasks, \Scenario.flakyTasks, \Scenario.poisonTasks] {
            for task in self[keyPath: path].sorted() {
                var candidate = self
                candidate[keyPath: path].remove(task)
                candidates.append(candidate)
            }
        }
        return candidates
    }
}
