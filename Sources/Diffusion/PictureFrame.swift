import LinearAlgebra
import SweepGrid

/// Shows samples of a mixture as images in which a component's subspace is the span of a few smooth patterns.
///
/// The model has no pixels: its law is the same in every orthonormal frame. Here the first axes of the frame are the bases of
/// the components, one after another, and the others complete them; the coordinates in it are taken for the coefficients of
/// the image's cosine patterns, from the smoothest. Samples of 48 dimensions are turned, and nothing else: an image has the
/// length of its sample. Of longer samples the coordinates from the 49th on are left out; shorter ones lack the roughest patterns.
struct PictureFrame {
    /// Rows and columns of an image.
    static let (height, width) = (8, 6)
    /// The number of its pixels.
    static var pixelCount: Int { height * width }

    /// From samples to pixels, row by row of the image.
    private let projection: Matrix<Double>

    /// - Parameter stream: completes the bases where they leave dimensions.
    init(of mixture: LowRankGaussianMixture, using stream: inout RandomStream) throws(LAPACKError) {
        let ambient = mixture.ambientDimension
        let count = min(ambient, Self.pixelCount)
        var axes = mixture.bases.dropFirst().reduce(mixture.bases[0]) { $0.appending($1) }
        if axes.columns < count {
            let rest = Matrix<Double>.normal(rows: ambient, columns: count - axes.columns, using: &stream)
            axes = try axes.appending(rest).qrDecomposition().orthonormal
        }
        let patterns = Self.cosinePatterns().columns(0..<count)
        projection = Matrix.product(patterns, axes.columns(0..<count), transposing: .second)
    }

    /// The images of samples, one after another.
    func pixels(of samples: Matrix<Double>) -> [Double] {
        let images = projection * samples
        return (0..<images.columns).flatMap { image in (0..<images.rows).map { images[$0, image] } }
    }

    /// The orthonormal basis of the discrete cosine transform (DCT-II), a pattern per column, by rising frequency.
    static func cosinePatterns() -> Matrix<Double> {
        // The square of the frequency in integers; equal ones stand in the order of their rows.
        func squared(_ frequency: (down: Int, across: Int)) -> (Int, Int) {
            let (down, across) = (frequency.down * width, frequency.across * height)
            return (down * down + across * across, frequency.down)
        }
        let (waves, rows) = (Self.waves(width), Self.waves(height))
        let frequencies = (0..<pixelCount).map { (down: $0 / width, across: $0 % width) }
            .sorted { squared($0) < squared($1) }
        return Matrix(rows: pixelCount, columns: pixelCount) { pixel, pattern in
            rows[frequencies[pattern].down][pixel / width] * waves[frequencies[pattern].across][pixel % width]
        }
    }

    /// The patterns of one direction, `sqrt(2 / count) cos(pi (place + 1/2) frequency / count)`, and `sqrt(1 / count)` for none.
    ///
    /// From square roots and products, which have the same bits on every processor and with every C library: half angles give
    /// `cos(pi / 2 count)`, and `cos((m + 1) a) = 2 cos(a) cos(m a) - cos((m - 1) a)` the others.
    private static func waves(_ count: Int) -> [[Double]] {
        // cos(pi / 3) and cos(pi / 4), halved once and twice.
        var (angles, cosine) = count % 3 == 0 ? (3, 0.5) : (4, 0.5.squareRoot())
        while angles < 2 * count {
            cosine = ((1 + cosine) / 2).squareRoot()
            angles *= 2
        }
        precondition(angles == 2 * count, "waves over \(count) places")
        var cosines = [1, cosine]
        while cosines.count < 2 * count * count {
            cosines.append(2 * cosine * cosines[cosines.count - 1] - cosines[cosines.count - 2])
        }
        return (0..<count).map { frequency in
            let scale = ((frequency == 0 ? 1 : 2) / Double(count)).squareRoot()
            return (0..<count).map { place in scale * cosines[(2 * place + 1) * frequency] }
        }
    }
}
