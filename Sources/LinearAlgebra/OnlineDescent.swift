internal import CKernels
package import SweepGrid

/// The kernels of online projected gradient descent on the sphere; what they compute is said in `OnlineDescent.h`.
///
/// The denoiser is `f(x) = skip x + w amplitude tanh(w . x)` with |w| = 1 and `x = signal x0 + noise e`.
package struct OnlineDescent: Hashable, Sendable {
    /// The denoiser and the learning rate.
    package var signal, noise, skip, amplitude, rate: Double
    /// The spikes of a clean sample: their amplitudes along u and v, the shrinking along v, the mixing of the latents.
    package var covariance, cumulant, whitening, correlation, remainder: Double
    /// The direction whose overlap is watched, 0 for u and 1 for v, and the magnitude to exceed.
    package var watched: Int
    package var threshold: Double

    package init(
        signal: Double, noise: Double, skip: Double, amplitude: Double, rate: Double, covariance: Double,
        cumulant: Double, whitening: Double, correlation: Double, remainder: Double, watched: Int, threshold: Double
    ) {
        self.signal = signal
        self.noise = noise
        self.skip = skip
        self.amplitude = amplitude
        self.rate = rate
        self.covariance = covariance
        self.cumulant = cumulant
        self.whitening = whitening
        self.correlation = correlation
        self.remainder = remainder
        self.watched = watched
        self.threshold = threshold
    }

    /// Turns rows of `width` normal variates into clean samples; `latents` holds a lambda and then a g for each row.
    package func addSpikes(to rows: inout [Float], width: Int, latents: [Float]) {
        let steps = rows.count / width
        precondition(latents.count == 2 * steps && width >= 2)
        kernels_add_spikes(spikes, &rows, width, latents, steps, steps)
    }

    /// Takes a step for each of the rows; returns the steps until the watched overlap exceeds its threshold, or nil.
    package func step(_ weights: inout [Float], clean: [Float], noise: [Float], rows: Range<Int>) -> Int? {
        let width = weights.count
        precondition(width % 16 == 0 && rows.lowerBound >= 0)
        precondition(rows.upperBound * width <= min(clean.count, noise.count))
        let reached = clean.withUnsafeBufferPointer { clean in
            noise.withUnsafeBufferPointer { noise in
                kernels_sphere_steps(
                    descent, watch, &weights, width, clean.baseAddress! + rows.lowerBound * width,
                    noise.baseAddress! + rows.lowerBound * width, rows.count)
            }
        }
        return reached == 0 ? nil : reached
    }

    /// The same for the overlaps (u, v, rest) alone, on eight columns of variates and one of chi-squares.
    package func step(_ overlaps: inout [Double], normals: [Float], chiSquares: [Double], rows: Range<Int>) -> Int? {
        let stride = chiSquares.count
        precondition(overlaps.count == 3 && normals.count == 8 * stride && rows.lowerBound >= 0)
        precondition(rows.upperBound <= stride)
        let reached = normals.withUnsafeBufferPointer { normals in
            chiSquares.withUnsafeBufferPointer { chiSquares in
                kernels_overlap_steps(
                    descent, spikes, watch, &overlaps, normals.baseAddress! + rows.lowerBound, stride,
                    chiSquares.baseAddress! + rows.lowerBound, rows.count)
            }
        }
        return reached == 0 ? nil : reached
    }

    var descent: kernels_descent {
        kernels_descent(signal: signal, noise: noise, skip: skip, amplitude: amplitude, rate: rate)
    }

    var watch: kernels_watch { kernels_watch(coordinate: watched, threshold: threshold) }

    private var spikes: kernels_spikes {
        kernels_spikes(
            covariance: covariance, cumulant: cumulant, whitening: whitening, correlation: correlation,
            remainder: remainder)
    }
}

/// tanh with an absolute error below 4e-16 and the same bits on every processor.
package func hyperbolicTangent(_ x: Double) -> Double { kernels_tanh(x) }

/// Chi-square variates addressed by position: exact, by rejection (Marsaglia and Tsang, ACM TOMS 26, 2000).
package struct ChiSquares: Sendable {
    /// The degrees of freedom, at least 2.
    package let degrees: Int
    private let streams: [RandomStream]

    /// Creates the variates of four streams: normals and words of the first attempts, normals and words of further ones.
    package init(degrees: Int, streams: [RandomStream]) {
        precondition(degrees >= 2 && streams.count == 4)
        self.degrees = degrees
        self.streams = streams
    }

    /// Fills an array with the variates `first...`; each depends on the streams and its own number alone.
    package func fill(_ values: inout [Double], from first: Int) {
        kernels_chi_squares(streams.map(\.philox), UInt64(first), Double(degrees), &values, values.count)
    }
}
