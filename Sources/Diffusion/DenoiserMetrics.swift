public import LinearAlgebra

/// What a denoiser does to noisy samples at one noise level, one per column: a formula or a trained network.
public typealias Denoiser = (Matrix<Double>) throws -> Matrix<Double>

/// How denoisers compare on the same inputs. They are told outputs or denoisers and know nothing of how these came about.
public enum DenoiserMetrics {
    /// The linearity score `E |cos(D(a x_1 + a x_2), a D(x_1) + a D(x_2))|`, `a = 1 / sqrt(2)`, in 0...1.
    ///
    /// Inputs and outputs are taken relative to their means over both sets, so that affine denoisers score 1. Pairs of which
    /// an output is constant are left out. Definition: after Li, Dai and Qu, arXiv 2410.24060.
    ///
    /// - Parameters:
    ///   - first, second: noisy samples, one per column, independent of each other, of one shape.
    public static func linearityScore(
        of denoiser: Denoiser, first: Matrix<Double>, second: Matrix<Double>
    ) rethrows -> Double {
        precondition(first.rows == second.rows && first.columns == second.columns)
        let outputs = try (denoiser(first), denoiser(second))
        let centre = 0.5 * (first.columnMean + second.columnMean)
        let target = 0.5 * (outputs.0.columnMean + outputs.1.columnMean)
        let share = 0.5.squareRoot()
        let mixed = share * (first + second).subtracting(column: 2 * centre)
        let expected = share * (outputs.0 + outputs.1).subtracting(column: 2 * target)
        let found = try denoiser(mixed.adding(column: centre)).subtracting(column: target)
        var (sum, count) = (0.0, 0.0)
        for column in 0..<first.columns {
            var (product, ofFound, ofExpected) = (0.0, 0.0, 0.0)
            for row in 0..<found.rows {
                product += found[row, column] * expected[row, column]
                ofFound += found[row, column] * found[row, column]
                ofExpected += expected[row, column] * expected[row, column]
            }
            let scale = (ofFound * ofExpected).squareRoot()
            guard scale > 0 else { continue }
            sum += abs(product) / scale
            count += 1
        }
        return count > 0 ? sum / count : 1
    }

    /// The mean over samples of the root mean square difference of two outputs: `E sqrt(||D_1 - D_2||^2 / n)`.
    public static func gap(_ first: Matrix<Double>, _ second: Matrix<Double>) -> Double {
        let difference = first - second
        var sum = 0.0
        for column in 0..<difference.columns {
            var square = 0.0
            for row in 0..<difference.rows { square += difference[row, column] * difference[row, column] }
            sum += (square / Double(difference.rows)).squareRoot()
        }
        return sum / Double(difference.columns)
    }

    /// The share of the outputs' variance that an approximation misses: `E ||D - A||^2 / E ||D - E D||^2`.
    ///
    /// With A the distilled denoiser it is the nonlinear fraction, 1 - R^2.
    public static func missedVariance(of outputs: Matrix<Double>, by approximation: Matrix<Double>) -> Double {
        let variance = outputs.subtracting(column: outputs.columnMean).squaredNorm
        return variance > 0 ? (outputs - approximation).squaredNorm / variance : 0
    }
}
