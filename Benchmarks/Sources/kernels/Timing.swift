import Foundation

/// Processor time of one call: the least of five rounds, since whatever disturbs a round makes it longer.
func secondsPerCall(repetitions: Int = 20_000, _ call: () throws -> Void) rethrows -> Double {
    let rounds = repetitions >= 1_000 ? 5 : 1
    var best = Double.infinity
    for _ in 0..<rounds {
        let start = clock()
        for _ in 0..<repetitions { try call() }
        best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC) / Double(repetitions))
    }
    return best
}

/// One line of the report; a missed goal is said, and is no failure.
func line(_ name: String, _ value: Double, _ unit: String, goal: String? = nil, _ isMet: Bool = true) -> String {
    let figure = String(format: "%10.2f", value)
    let verdict = goal.map { "   goal \($0): \(isMet ? "met" : "MISSED")" } ?? ""
    return name.padding(toLength: 44, withPad: " ", startingAt: 0) + figure + " " + unit + verdict
}

/// Says whether an answer is right.
func check(_ claim: String, _ holds: Bool, _ found: String) -> Bool {
    print(holds ? "   right: \(claim)" : "   WRONG: not so: \(claim); found \(found)")
    return holds
}
