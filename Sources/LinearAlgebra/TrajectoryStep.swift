internal import CKernels

/// One step of many scalar trajectories between two opposite points: `x <- factor x + pull tanh(slope x) + diffusion noise`.
///
/// The bits are the same on every processor.
public struct TiltedStep: Hashable, Sendable {
    /// The factor of the position.
    public var factor: Float
    /// The pull of the points.
    public var pull: Float
    /// How sharply the pull changes its sign at 0.
    public var slope: Float
    /// The factor of the noise.
    public var diffusion: Float

    /// Creates a step.
    public init(factor: Float, pull: Float, slope: Float, diffusion: Float) {
        self.factor = factor
        self.pull = pull
        self.slope = slope
        self.diffusion = diffusion
    }

    /// Moves the trajectories `positions` by one step; `noise` holds at least as many normal variates.
    public func advance(_ positions: UnsafeMutableBufferPointer<Float>, noise: UnsafeBufferPointer<Float>) {
        precondition(noise.count >= positions.count, "\(noise.count) variates for \(positions.count) trajectories")
        guard let base = positions.baseAddress, let noise = noise.baseAddress else { return }
        kernels_step_tilted(base, noise, positions.count, kernel)
    }

    var kernel: kernels_tilted_step {
        kernels_tilted_step(factor: factor, pull: pull, slope: slope, diffusion: diffusion)
    }
}

/// One step of one trajectory in many coordinates: `x <- factor x + shift + diffusion noise` in each of them.
///
/// The bits are the same on every processor.
public struct ShiftedStep: Hashable, Sendable {
    /// The factor of the position.
    public var factor: Float
    /// What is added to every coordinate.
    public var shift: Float
    /// The factor of the noise.
    public var diffusion: Float

    /// Creates a step.
    public init(factor: Float, shift: Float, diffusion: Float) {
        self.factor = factor
        self.shift = shift
        self.diffusion = diffusion
    }

    /// Moves the coordinates by one step and returns the sum of the new ones, in double precision.
    ///
    /// Sums are taken by sixteen lanes in single precision: hand over some thousand coordinates at a time.
    public func advance(
        _ coordinates: UnsafeMutableBufferPointer<Float>, noise: UnsafeBufferPointer<Float>
    ) -> Double {
        precondition(noise.count >= coordinates.count, "\(noise.count) variates for \(coordinates.count) coordinates")
        guard let base = coordinates.baseAddress, let noise = noise.baseAddress else { return 0 }
        return kernels_step_shifted(base, noise, coordinates.count, kernel)
    }

    var kernel: kernels_shifted_step { kernels_shifted_step(factor: factor, shift: shift, diffusion: diffusion) }
}
