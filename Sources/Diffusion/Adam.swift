import LinearAlgebra

/// Adam (Kingma & Ba, arXiv 1412.6980): steps along the mean gradient in units of its root mean square, per element.
struct Adam<Scalar: MatrixScalar> {
    /// How much of the mean gradient one step keeps: about ten steps of memory.
    static var meanDecay: Scalar { 0.9 }
    /// How much of the mean square one step keeps: about a thousand steps of memory.
    static var squareDecay: Scalar { 0.999 }
    /// Keeps the quotient finite where no gradient was ever seen.
    static var floor: Scalar { 1e-8 }

    private var mean: Matrix<Scalar>
    private var square: Matrix<Scalar>
    private var meanWeight: Scalar = 1
    private var squareWeight: Scalar = 1

    init(rows: Int, columns: Int) {
        mean = Matrix(rows: rows, columns: columns)
        square = Matrix(rows: rows, columns: columns)
    }

    /// Moves `parameters` against `gradient`.
    mutating func step(_ parameters: inout Matrix<Scalar>, along gradient: Matrix<Scalar>, rate: Scalar) {
        meanWeight *= Self.meanDecay
        squareWeight *= Self.squareDecay
        let meanScale = rate / (1 - meanWeight)
        let squareScale = 1 / (1 - squareWeight)
        let count = parameters.count
        mean.withUnsafeMutablePointer { mean in
            square.withUnsafeMutablePointer { square in
                parameters.withUnsafeMutablePointer { parameters in
                    gradient.withUnsafePointer { gradient in
                        for index in 0..<count {
                            let slope = gradient[index]
                            mean[index] += (1 - Self.meanDecay) * (slope - mean[index])
                            square[index] += (1 - Self.squareDecay) * (slope * slope - square[index])
                            parameters[index] -=
                                meanScale * mean[index] / ((squareScale * square[index]).squareRoot() + Self.floor)
                        }
                    }
                }
            }
        }
    }
}
