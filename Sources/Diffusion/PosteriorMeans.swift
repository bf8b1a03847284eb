import Foundation
public import LinearAlgebra

extension EmpiricalDistribution {
    /// The posterior means of many noisy points, one per column: two products and a softmax a column.
    ///
    /// Cost: 4 n N operations and N exponentials a point. The bits of the softmax are the same on every processor.
    public func posteriorMeans(of noisy: Matrix<Double>, at level: NoiseLevel) -> Matrix<Double> {
        let variance = level.deviation * level.deviation
        let halfNorms = (0..<samples.columns).map { column in
            (0..<samples.rows).reduce(0.0) { $0 + samples[$1, column] * samples[$1, column] } / 2
        }
        var scores = Matrix.product(samples, noisy, transposing: .first)
        let (count, points) = (samples.columns, noisy.columns)
        scores.withUnsafeMutablePointer { scores in
            for point in 0..<points {
                let column = scores + point * count
                var largest = -Double.infinity
                for row in 0..<count {
                    column[row] = level.signal * (column[row] - level.signal * halfNorms[row]) / variance
                    largest = max(largest, column[row])
                }
                var sum = 0.0
                for row in 0..<count {
                    column[row] = exponential(ofNegative: column[row] - largest)
                    sum += column[row]
                }
                let inverse = 1 / sum
                for row in 0..<count { column[row] *= inverse }
            }
        }
        return samples * scores
    }
}

extension LowRankGaussianMixture {
    /// The posterior means of many noisy samples, one per column.
    ///
    /// With components of equal weight and dimension the bits are the same on every processor but for those of the products.
    public func posteriorMeans(of noisy: Matrix<Double>, at level: NoiseLevel) -> Matrix<Double> {
        let (signal, variance) = (level.signal * level.signal, level.deviation * level.deviation)
        let factor = signal / (2 * variance * (signal + variance))
        // Relative to the first component: exactly 0 when all are alike.
        let offsets = zip(bases, weights).map { basis, weight in
            log(weight / weights[0]) - 0.5 * Double(basis.columns - bases[0].columns) * log(1 + signal / variance)
        }
        var codes = bases.map { Matrix.product($0, noisy, transposing: .first) }
        for column in 0..<noisy.columns {
            let responsibilities = softmax(
                codes.indices.map { component in
                    let code = codes[component]
                    let square = (0..<code.rows).reduce(0.0) { $0 + code[$1, column] * code[$1, column] }
                    return offsets[component] + factor * square
                })
            for component in codes.indices {
                let scale = level.shrinkage * responsibilities[component]
                for row in 0..<codes[component].rows { codes[component][row, column] *= scale }
            }
        }
        var means = Matrix<Double>(rows: noisy.rows, columns: noisy.columns)
        for (basis, code) in zip(bases, codes) { means.setProduct(basis, code, keeping: 1) }
        return means
    }

    /// The covariance of clean samples: `sum_k weight_k U_k U_k^T`; their mean is 0.
    public var moments: SampleMoments {
        var covariance = Matrix<Double>(rows: ambientDimension, columns: ambientDimension)
        for (basis, weight) in zip(bases, weights) {
            covariance.setProduct(basis, basis, transposing: .second, scale: weight, keeping: 1)
        }
        return SampleMoments(mean: Matrix(rows: ambientDimension, columns: 1), covariance: covariance)
    }
}
