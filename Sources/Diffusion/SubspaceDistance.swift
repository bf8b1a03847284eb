public import LinearAlgebra

/// The sine of the largest principal angle between two subspaces of equal dimension, each given by orthonormal columns.
///
/// Computed as `||(I - U U^T) V||_2`, which keeps its digits for nearby subspaces where `sqrt(1 - cos^2)` loses half of them.
public func subspaceDistance(
    _ estimate: Matrix<Double>, _ truth: Matrix<Double>
) throws(LAPACKError) -> Double {
    var residual = truth
    residual.setProduct(estimate, Matrix.product(estimate, truth, transposing: .first), scale: -1, keeping: 1)
    return try residual.spectralNorm()
}
