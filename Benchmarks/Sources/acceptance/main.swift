import Diffusion
import Foundation
import SweepGrid

// Computes the figure of `molrg-k1` in one process and judges it by its acceptance rules; the first argument is a seed.
let seed = CommandLine.arguments.dropFirst().first.flatMap(UInt64.init) ?? 1
var accepted = true
for method in SubspaceRecovery.Method.allCases {
    let start = clock()
    let map = try SuccessMap(method: method, seed: seed)
    let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
    print("\(method): successes in \(SuccessMap.trials) trials, N = 2...15 from left to right (\(Int(seconds)) s)")
    for dimension in SuccessMap.dimensions {
        let row = SuccessMap.counts.map { String(format: "%3d", map.successes(dimension, $0)) }
        print("  d = \(dimension)" + row.joined())
    }
    for rule in map.rules {
        print("  \(rule.holds ? "pass" : "FAIL"): \(rule.claim)")
        accepted = accepted && rule.holds
    }
}
exit(accepted ? 0 : 1)
