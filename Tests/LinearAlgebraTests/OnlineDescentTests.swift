import Foundation
import SweepGrid
import Testing

@testable import LinearAlgebra

@Suite struct OnlineDescentTests {
    static let descent = OnlineDescent(
        signal: 0.6, noise: 0.8, skip: 0.6, amplitude: 1.3, rate: 0.01, covariance: 1.1, cumulant: 2, whitening: 0.4,
        correlation: 0.6, remainder: 0.8, watched: 1, threshold: 0.5)

    @Test func theTangentIsThatOfTheLibrary() {
        for index in -60_000...60_000 {
            let x = Double(index) * 0.0007
            #expect(abs(hyperbolicTangent(x) - tanh(x)) < 4e-16, "at \(x)")
        }
        #expect(hyperbolicTangent(.infinity) == 1 && hyperbolicTangent(-1e300) == -1 && hyperbolicTangent(0) == 0)
    }

    @Test(arguments: InstructionSet.allCases.filter(\.isSupported))
    func everyInstructionSetTakesTheSameSteps(set: InstructionSet) {
        for width in [16, 48, 256] {
            let weights = normals(width, 1).map { $0 / Float(width).squareRoot() }
            let clean = normals(20 * width, 2)
            let noise = normals(20 * width, 3)
            let moved = set.weights(after: Self.descent, weights, clean: clean, noise: noise)
            var dispatched = weights
            _ = Self.descent.step(&dispatched, clean: clean, noise: noise, rows: 0..<20)
            #expect(moved.map(\.bitPattern) == dispatched.map(\.bitPattern))
            #expect(moved != weights)
        }
    }

    /// With no dimension left over, the overlaps are the coordinates themselves.
    @Test func theOverlapsMoveAsTheCoordinatesOfAThreeDimensionalVectorDo() {
        let steps = 50
        var latents = RandomStream(key: 9, highCounter: 9)
        let normals = floats(8 * steps, &latents)
        var clean = [Float](repeating: 0, count: 16 * steps)
        var noise = clean
        for step in 0..<steps {
            for axis in 0..<3 {
                clean[16 * step + axis] = normals[axis * steps + step]
                noise[16 * step + axis] = normals[(3 + axis) * steps + step]
            }
        }
        Self.descent.addSpikes(to: &clean, width: 16, latents: Array(normals[(6 * steps)...]))
        var weights: [Float] = [0.6, 0.48, 0.64] + [Float](repeating: 0, count: 13)
        var overlaps = [0.6, 0.48, 0.64]
        let none = [Double](repeating: 0, count: steps)
        var reached: [Int?] = [nil, nil]
        for step in 0..<steps {
            let full = Self.descent.step(&weights, clean: clean, noise: noise, rows: step..<step + 1)
            let reduced = Self.descent.step(&overlaps, normals: normals, chiSquares: none, rows: step..<step + 1)
            if full != nil, reached[0] == nil { reached[0] = step }
            if reduced != nil, reached[1] == nil { reached[1] = step }
            #expect(abs(Double(weights[0]) - overlaps[0]) < 1e-5 && abs(Double(weights[1]) - overlaps[1]) < 1e-5)
            #expect(abs(abs(Double(weights[2])) - overlaps[2]) < 1e-5)
        }
        #expect(reached[0] == reached[1])
    }

    /// Against finite differences of the loss itself, in double precision.
    @Test func aStepFollowsTheGradientOfTheDenoisingLossOnTheSphere() {
        var stream = RandomStream(key: 4, highCounter: 4)
        for _ in 0..<20 {
            let normals = floats(8, &stream)
            let d = Self.descent
            let sign: Double = 0.6 * Double(normals[6]) + 0.8 * Double(normals[7]) < 0 ? -1 : 1
            let clean = [
                Double(normals[0]) + d.covariance * Double(normals[6]),
                (Double(normals[1]) + d.cumulant * sign) * d.whitening, Double(normals[2]),
            ]
            let noised = (0..<3).map { d.signal * clean[$0] + d.noise * Double(normals[3 + $0]) }
            func loss(_ w: [Double]) -> Double {
                let norm = zip(w, w).map(*).reduce(0, +).squareRoot()
                let y = zip(w, noised).map(*).reduce(0, +) / norm
                return (0..<3).reduce(0) { sum, i in
                    let output = d.skip * noised[i] + w[i] / norm * d.amplitude * tanh(y)
                    return sum + (clean[i] - output) * (clean[i] - output)
                }
            }
            let start = [0.6, 0.48, 0.64]
            let gradient = (0..<3).map { axis in
                var up = start
                var down = start
                up[axis] += 1e-5
                down[axis] -= 1e-5
                return (loss(up) - loss(down)) / 2e-5
            }
            var small = d
            small.rate = 1e-7
            var moved = start
            _ = small.step(&moved, normals: normals, chiSquares: [0], rows: 0..<1)
            for axis in 0..<3 { #expect(abs((start[axis] - moved[axis]) / 1e-7 - gradient[axis]) < 1e-5) }
        }
    }

    @Test(arguments: [2, 5, 61, 1_000])
    func chiSquaresHaveTheirMomentsAndDependOnTheirNumberAlone(degrees: Int) {
        let streams = (0..<4).map { RandomStream(key: UInt64(degrees), highCounter: $0) }
        let variates = ChiSquares(degrees: degrees, streams: streams)
        var values = [Double](repeating: 0, count: 100_000)
        variates.fill(&values, from: 0)
        let count = Double(values.count)
        let k = Double(degrees)
        let mean = values.reduce(0, +) / count
        let central = { (power: Double) in values.reduce(0) { $0 + pow($1 - k, power) } / count }
        #expect(abs(mean - k) < 5 * (2 * k / count).squareRoot())
        // The variances of the central moments are those of a gamma variate: mu4 - mu2^2, and mu6 - ... bounded by mu6.
        #expect(abs(central(2) - 2 * k) < 5 * ((8 * k * k + 48 * k) / count).squareRoot())
        let sixth = 120 * k * k * k + 2_080 * k * k + 3_840 * k
        #expect(abs(central(3) - 8 * k) < 5 * (sixth / count).squareRoot())

        var part = [Double](repeating: 0, count: 700)
        variates.fill(&part, from: 4_321)
        #expect(part == Array(values[4_321..<5_021]))
    }

    private func normals(_ count: Int, _ key: UInt64) -> [Float] {
        var stream = RandomStream(key: key, highCounter: 0)
        return floats(count, &stream)
    }

    private func floats(_ count: Int, _ stream: inout RandomStream) -> [Float] {
        var values = [Float](repeating: 0, count: count)
        values.withUnsafeMutableBufferPointer { stream.fillNormals($0) }
        return values
    }
}
