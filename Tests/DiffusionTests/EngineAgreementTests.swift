import Foundation
import SweepGrid
import Testing

@testable import Diffusion

/// Oracle 14: the engines give the same law of the hitting time.
@Suite struct EngineAgreementTests {
    /// 1 000 hitting times of each engine; `PHASEMAP_TRIALS` takes more of them.
    ///
    /// The panel `independent` is left out: within any number of steps that a test can take v is hardly ever hit.
    @Test(arguments: [
        (CumulantRecovery.Panel.covariance, 64, 1_200), (.correlated, 33, 1_200), (.cumulant, 10, 60_000),
    ])
    func oracle14TheEnginesHaveTheSameHittingTimes(
        panel: CumulantRecovery.Panel, dimension: Int, samples: Int
    ) throws {
        let trials = ProcessInfo.processInfo.environment["PHASEMAP_TRIALS"].flatMap(UInt64.init) ?? 1_000
        var parameters = CumulantRecoveryTests.parameters(panel, dimension: dimension, samples: samples)
        // At a rate of order 1 / d a cumulant is never learnt.
        parameters.rateLaw = panel == .cumulant ? .horizon : .dimension
        parameters.rateFactor = panel == .cumulant ? 1 : 0.4
        let times = try CumulantRecovery.Engine.allCases.map { engine in
            parameters.engine = engine
            return try (0..<trials).map { trial in
                // Streams of their own for each engine: the samples of the test are to be independent.
                let streams = StreamSource { stream($0, engine == .full ? 1 : 2, trial) }
                return try CumulantRecovery.run(parameters, in: Context(streams: streams)).hittingTime
            }
        }
        let probability = kolmogorovSmirnov(times[0], times[1])
        #expect(probability > 1e-3, "medians \(times.map { $0.sorted()[$0.count / 2] })")
        #expect(times[0].filter { $0 <= Double(samples) }.count > times[0].count / 2)
    }
}
