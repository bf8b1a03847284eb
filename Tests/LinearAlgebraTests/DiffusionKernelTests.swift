import Foundation
import SweepGrid
import Testing

@testable import LinearAlgebra

@Suite struct DiffusionKernelTests {
    /// Lengths around one register and its rest.
    static let lengths = [1, 2, 15, 16, 17, 31, 33, 1_000]

    @Test(arguments: lengths)
    func aTiltedStepIsItsFormula(length: Int) {
        let step = TiltedStep(factor: 0.99, pull: 0.3, slope: 2.5, diffusion: 0.14)
        let (start, noise) = (normals(length, 1, scale: 3), normals(length, 2))
        let moved = advanced(start, noise) { step.advance($0, noise: $1) }
        for index in 0..<length {
            let (x, z) = (Double(start[index]), Double(noise[index]))
            #expect(abs(Double(moved[index]) - (0.99 * x + 0.3 * tanh(2.5 * x) + 0.14 * z)) < 2e-6)
        }
    }

    @Test func aTiltedStepPullsFullyAndWithoutOverflowFarFromTheOrigin() {
        let step = TiltedStep(factor: 0, pull: 0.5, slope: 1e30, diffusion: 0)
        let moved = advanced([-1e8, -1, 0, 1, 1e8], Array(repeating: 0, count: 5)) { step.advance($0, noise: $1) }
        #expect(moved == [-0.5, -0.5, 0, 0.5, 0.5])
    }

    @Test(arguments: lengths)
    func aShiftedStepIsItsFormulaAndReturnsTheSum(length: Int) {
        let step = ShiftedStep(factor: 0.98, shift: 0.25, diffusion: 0.2)
        let (start, noise) = (normals(length, 3), normals(length, 4))
        var sum = 0.0
        let moved = advanced(start, noise) { sum = step.advance($0, noise: $1) }
        for index in 0..<length {
            let expected = 0.98 * Double(start[index]) + 0.25 + 0.2 * Double(noise[index])
            #expect(abs(Double(moved[index]) - expected) < 1e-6)
        }
        #expect(abs(sum - moved.reduce(0.0) { $0 + Double($1) }) < 1e-6 * Double(length))
    }

    @Test(arguments: lengths)
    func aPosteriorIsTheSoftmaxOfItsLogarithmicWeights(length: Int) {
        for scale: Float in [0.01, 1, 30] {
            let (clean, noise) = (normals(length, 5), normals(length, 6))
            let halfNorms = normals(length, 7).map { $0 * $0 }
            let factors = PointPosterior.Scale(clean: scale, noise: 0.5 * scale, norms: scale)
            let found = posterior(clean, noise, halfNorms, factors, own: length / 2)
            let exponents = (0..<length).map {
                Double(scale) * (Double(clean[$0]) + 0.5 * Double(noise[$0]) - Double(halfNorms[$0]))
            }
            let largest = exponents.max() ?? 0
            let unnormalised = exponents.map { exp($0 - largest) }
            let sum = unnormalised.reduce(0, +)
            let weights = unnormalised.map { $0 / sum }
            let entropy = weights.reduce(0.0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
            #expect(abs(found.entropy - entropy) < 2e-5)
            #expect(abs(found.ownWeight - weights[length / 2]) < 2e-5)
            #expect(abs(found.participation - weights.reduce(0.0) { $0 + $1 * $1 }) < 2e-5)
        }
    }

    /// Weights that a naive sum would overflow or lose.
    @Test func aPosteriorIsStableForLogarithmicWeightsOfAnySize() {
        let scale = PointPosterior.Scale(clean: 1, noise: 0, norms: 0)
        for offset: Float in [-1e6, 0, 1e6] {
            let found = posterior([offset, offset, offset - 1e5], [0, 0, 0], [0, 0, 0], scale, own: 1)
            #expect(abs(found.entropy - log(2)) < 1e-6)
            #expect(abs(found.ownWeight - 0.5) < 1e-6 && abs(found.participation - 0.5) < 1e-6)
        }
    }

    @Test(arguments: lengths)
    func weightsInPlaceAreTheSoftmaxOfScoresLessNorms(length: Int) {
        for scale: Float in [0.01, 1, 30] {
            let scores = normals(length, 5)
            let halfNorms = normals(length, 7).map { $0 * $0 }
            let (weights, found) = weighed(scores, halfNorms, scale: scale, norms: 0.5 * scale)
            let exponents = zip(scores, halfNorms).map { Double(scale) * (Double($0) - 0.5 * Double($1)) }
            let largest = exponents.max() ?? 0
            let expected = exponents.map { exp($0 - largest) }
            let sum = expected.reduce(0, +)
            #expect(zip(weights, expected).allSatisfy { abs(Double($0) - $1) < 2e-5 })
            #expect(abs(found.partition - sum) < 2e-5 * sum)
            #expect(found.nearest == exponents.firstIndex(of: largest))
            #expect(abs(found.participation - expected.reduce(0.0) { $0 + $1 * $1 } / (sum * sum)) < 2e-5)
            #expect(abs(found.entropy - expected.reduce(log(sum)) { $1 > 0 ? $0 - $1 * log($1) / sum : $0 }) < 2e-5)
        }
    }

    /// Also where the largest stands beyond the last whole register, and where weights would overflow.
    @Test func theNearestPointIsTheFirstOfEqualOnes() {
        for (length, places) in [(1, [0]), (17, [16]), (40, [3, 19, 35]), (40, [35, 38]), (33, [15, 16, 32])] {
            for offset: Float in [-1e6, 0, 1e6] {
                var scores = [Float](repeating: offset - 1e5, count: length)
                for place in places { scores[place] = offset }
                let (weights, found) = weighed(scores, Array(repeating: 0, count: length), scale: 1, norms: 1)
                #expect(found.nearest == places[0])
                #expect(abs(found.partition - Double(places.count)) < 1e-6)
                #expect(places.allSatisfy { weights[$0] == 1 })
                #expect(abs(found.participation - 1 / Double(places.count)) < 1e-6)
            }
        }
    }

    @Test(arguments: InstructionSet.allCases.filter(\.isSupported))
    func everyInstructionSetGivesTheSameBitsInDiffusionKernels(set: InstructionSet) {
        let tilted = TiltedStep(factor: 0.99, pull: 0.3, slope: 2.5, diffusion: 0.14)
        let shifted = ShiftedStep(factor: 0.98, shift: 0.25, diffusion: 0.2)
        let scale = PointPosterior.Scale(clean: 3, noise: 1.7, norms: 2.5)
        for length in Self.lengths + [20_000] {
            let (a, b) = (normals(length, 8), normals(length, 9))
            let squares = normals(length, 10).map { $0 * $0 }
            let base = InstructionSet.baseline
            // Compared outside the expectation, which would print every element.
            let moved = set.advance(a, noise: b, by: tilted)
            let agrees =
                moved == base.advance(a, noise: b, by: tilted)
                && moved == advanced(a, b) { tilted.advance($0, noise: $1) }
                && set.advance(a, noise: b, by: shifted) == base.advance(a, noise: b, by: shifted)
            #expect(agrees, "\(length) elements")
            let expected = base.posterior(clean: a, noise: b, halfNorms: squares, scale: scale, own: length - 1)
            #expect(
                set.posterior(clean: a, noise: b, halfNorms: squares, scale: scale, own: length - 1) == expected)
            #expect(posterior(a, b, squares, scale, own: length - 1) == expected)
            let weighed = set.weigh(a, halfNorms: squares, scale: 3, norms: 2.5)
            let baseline = base.weigh(a, halfNorms: squares, scale: 3, norms: 2.5)
            let chosen = self.weighed(a, squares, scale: 3, norms: 2.5)
            let isSame = weighed == baseline && chosen == baseline
            #expect(isSame, "\(length) elements")
        }
    }

    private func normals(_ count: Int, _ key: UInt64, scale: Float = 1) -> [Float] {
        var stream = RandomStream(key: key, highCounter: 77)
        var values = [Float](repeating: 0, count: count)
        values.withUnsafeMutableBufferPointer { stream.fillNormals($0) }
        return values.map { $0 * scale }
    }

    private func advanced(
        _ values: [Float], _ noise: [Float],
        _ step: (UnsafeMutableBufferPointer<Float>, UnsafeBufferPointer<Float>) -> Void
    ) -> [Float] {
        var values = values
        values.withUnsafeMutableBufferPointer { values in noise.withUnsafeBufferPointer { step(values, $0) } }
        return values
    }

    private func weighed(
        _ scores: [Float], _ halfNorms: [Float], scale: Float, norms: Float
    ) -> (weights: [Float], sums: PointWeights) {
        var weights = scores
        let sums = weights.withUnsafeMutableBufferPointer { weights in
            halfNorms.withUnsafeBufferPointer {
                PointWeights(replacing: weights, halfNorms: $0, scale: scale, norms: norms)
            }
        }
        return (weights, sums)
    }

    private func posterior(
        _ clean: [Float], _ noise: [Float], _ halfNorms: [Float], _ scale: PointPosterior.Scale, own: Int
    ) -> PointPosterior {
        clean.withUnsafeBufferPointer { clean in
            noise.withUnsafeBufferPointer { noise in
                halfNorms.withUnsafeBufferPointer {
                    PointPosterior(clean: clean, noise: noise, halfNorms: $0, scale: scale, own: own)
                }
            }
        }
    }
}
