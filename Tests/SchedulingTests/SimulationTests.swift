import Scheduling
import Simulation
import Testing

@Test(arguments: 0..<20)
func aRandomRun(block: Int) {
    for seed in block * 50..<block * 50 + 50 {
        let report = VirtualCluster(Scenario.random(UInt64(seed))).run(eventLimit: 20000)
        #expect(report.violations == [], "seed \(seed)")
        print("seed", seed, report.eventCount, report.end.nanoseconds / 1_000_000, report.computed, report.committed, report.failed, report.faults.map(\.rawValue).sorted())
    }
}
