import CommandLine
import SweepGrid

let spike = Sweep("spike", of: SpikeDetection.self, "A spike is found once strength > sqrt(d/N).", replicates: 10) {
    Axis(\.strength, geometric(0.125, 4, count: 6))
    Axis(\.sampleCount, [16, 32, 64, 128, 256], nested: true)
} figures: {
    PhaseDiagram(x: \.sampleCount, y: \.strength, success: \.overlap, above: 0.5)
        .logarithmic(x: true, y: true)
        .theory("BBP") { Double($0.dimension) / ($0.strength * $0.strength) }
}

Program.main(catalog: [spike])
