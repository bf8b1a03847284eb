import Scheduling
import Simulation
import Testing

/// Scenario 42, the steps of a commit. The simulation can fail: each mistake that a coordinator's shell could make in the sequence of a commit is found by one of
/// the usual seeds.
struct MistakeTests {
    @Test(arguments: Mistake.allCases)
    func everyMistakeIsFound(mistake: Mistake) {
        let found = (0..<UInt64(1_000)).first { seed in
            var scenario = Scenario.random(seed)
            scenario.mistake = mistake
            return !VirtualCluster(scenario).run().violations.isEmpty
        }
        #expect(found != nil, "no seed finds \(mistake)")
        if let found {
            var scenario = Scenario.random(found)
            scenario.mistake = mistake
            print("\(mistake): seed \(found): \(VirtualCluster(scenario).run().violations)")
        }
    }
}
