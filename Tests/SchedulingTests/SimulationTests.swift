import Scheduling
import Simulation
import Testing

@Test(arguments: 0..<20)
func aRandomRun(block: Int) {
    for seed in block * 10..<block * 10 + 10 {
        let report = VirtualCluster(Scenario.random(UInt64(seed))).run()
        #expect(report.violations == [], "seed \(seed)")
        print(
            "seed", seed, report.eventCount, report.end.nanoseconds / 1_000_000, report.computed, report.committed,
            report.failed, report.faults.map(\.rawValue).sorted())
    }
}
