public import LinearAlgebra
public import SweepGrid

/// The `dimension` leading left singular vectors of samples, one sample per column.
///
/// Fewer samples than dimensions leave directions free: these are drawn at random, so that the result is always a basis of
/// `dimension` orthonormal columns.
public func principalComponents(
    of samples: Matrix<Double>, dimension: Int, completingWith stream: inout RandomStream
) throws(LAPACKError) -> Matrix<Double> {
    let found = min(dimension, samples.columns)
    let leading = try samples.singularValueDecomposition().left.columns(0..<found)
    guard found < dimension else { return leading }
    let directions = Matrix<Double>.normal(rows: samples.rows, columns: dimension - found, using: &stream)
    return try leading.appending(directions).qrDecomposition().orthonormal
}
