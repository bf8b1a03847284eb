import Diffusion
import SweepGrid

/// How often a method recovers the subspace, for each intrinsic dimension and number of samples.
struct SuccessMap {
    static let dimensions = 2...8
    static let counts = 2...15
    static let trials = 20
    static let threshold = 0.5

    let method: SubspaceRecovery.Method
    private var table: [[Int]]

    init(method: SubspaceRecovery.Method, seed: UInt64) throws {
        self.method = method
        var parameters = SubspaceRecovery.Parameters()
        parameters.method = method
        table = []
        for dimension in Self.dimensions {
            parameters.intrinsicDimension = dimension
            var row: [Int] = []
            for count in Self.counts {
                parameters.sampleCount = count
                var successes = 0
                for trial in 0..<Self.trials {
                    let streams = Self.streams(seed: seed, dimension: dimension, trial: trial)
                    let measured = try SubspaceRecovery.run(parameters, in: Context(streams: streams))
                    if measured.recoveryError < Self.threshold { successes += 1 }
                }
                row.append(successes)
            }
            table.append(row)
        }
    }

    func successes(_ dimension: Int, _ count: Int) -> Int {
        table[dimension - Self.dimensions.lowerBound][count - Self.counts.lowerBound]
    }

    /// What the map must show, and whether it does.
    var rules: [(claim: String, holds: Bool)] {
        method == .denoiser ? stochasticRules : exactRules
    }

    private var exactRules: [(claim: String, holds: Bool)] {
        let holds = everyCell { dimension, count, successes in successes == (count < dimension ? 0 : Self.trials) }
        return [("no success at N < d, only successes at N >= d", holds)]
    }

    private var stochasticRules: [(claim: String, holds: Bool)] {
        let pooled = Self.dimensions.reduce(0) { $0 + successes($1, $1 + 2) }
        let trials = Self.trials * Self.dimensions.count
        let bound = wilsonLowerBound(successes: pooled, trials: trials)
        return [
            ("no success at N < d", everyCell { $1 >= $0 || $2 == 0 }),
            (
                "half of the trials succeed at N <= d + 1 for each d",
                Self.dimensions.allSatisfy { dimension in
                    (dimension...dimension + 1).contains { 2 * successes(dimension, $0) >= Self.trials }
                }
            ),
            ("\(pooled) of \(trials) at N = d + 2: Wilson bound \(bound) >= 0.85", bound >= 0.85),
            ("at least 16 of 20 in every cell with N >= d + 3", everyCell { $1 < $0 + 3 || $2 >= 16 }),
            ("at least 18 of 20 in every cell with N >= d + 5", everyCell { $1 < $0 + 5 || $2 >= 18 }),
        ]
    }

    private func everyCell(_ rule: (_ dimension: Int, _ count: Int, _ successes: Int) -> Bool) -> Bool {
        Self.dimensions.allSatisfy { dimension in
            Self.counts.allSatisfy { rule(dimension, $0, successes(dimension, $0)) }
        }
    }

    /// The streams of a trial: samples are nested along N and shared by the methods, as in the sweep.
    private static func streams(seed: UInt64, dimension: Int, trial: Int) -> StreamSource {
        StreamSource { name in
            let digest = SHA256.hash(Array("\(seed) \(dimension) \(trial) \(name)".utf8)).bytes
            let words = (0..<2).map { half in (0..<8).reduce(0) { $0 << 8 | UInt64(digest[8 * half + $1]) } }
            return RandomStream(key: words[0], highCounter: words[1])
        }
    }
}

/// The lower end of the 95 % interval of a success probability (Wilson, 1927).
func wilsonLowerBound(successes: Int, trials: Int) -> Double {
    let (z, n) = (1.959964, Double(trials))
    let rate = Double(successes) / n
    let center = rate + z * z / (2 * n)
    let spread = z * (rate * (1 - rate) / n + z * z / (4 * n * n)).squareRoot()
    return (center - spread) / (1 + z * z / n)
}
