import Scheduling
import Simulation
import Testing

@Test(arguments: 0..<20)
func aRandomRun(block: Int) {
    for seed in block * 100..<block * 100 + 100 {
        let report = VirtualCluster(Scenario.random(UInt64(seed))).run(eventLimit: 20000)
        #expect(report.violations == [], "seed \(seed)")
        print("seed", seed, report.eventCount, report.end.nanoseconds / 1_000_000, report.computed, report.committed, report.failed, report.dropped, report.lost, report.retracted, report.faults.map(\.rawValue).sorted())
    }
}
