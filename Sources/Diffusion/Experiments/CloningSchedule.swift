import Foundation
import LinearAlgebra
import SweepGrid

/// The steps of cloned backward trajectories, and the two ways to take them.
///
/// Euler's method for `dx = (x + 2 S_t(x)) dt + sqrt(2) dB` from time T down to 0. Both engines use single precision, whose
/// rounding is far below the noise of a step, and draw their noise block by block into memory that stays in the first cache.
struct CloningSchedule {
    /// The coefficients of one step.
    struct Step {
        /// The factor of the position.
        var factor: Double
        /// The factor of the class's mean direction under the hyperbolic tangent, for the projection.
        var slope: Double
        /// The pull of the projection.
        var pull: Double
    }

    let steps: [Step]
    /// The steps taken before the trajectory is cloned.
    let branchStep: Int
    let diffusion: Float
    let dimension: Int

    init(_ parameters: Speciation.Parameters) {
        self.init(parameters, mixture: parameters.mixture)
    }

    /// The schedule with the score of a given mixture; another one than that of the parameters is a negative control.
    init(_ parameters: Speciation.Parameters, mixture: GaussianPair) {
        let step = parameters.timeStep
        let count = max(1, Int((parameters.duration / step).rounded()))
        branchStep = min(count, max(0, count - Int((parameters.branchTime / step).rounded())))
        diffusion = Float((2 * step).squareRoot())
        dimension = parameters.dimension
        steps = (0..<count).map { index in
            let time = Double(count - index) * step
            let (centre, variance) = (mixture.centre(at: time), mixture.variance(at: time))
            return Step(
                factor: 1 + step - 2 * step / variance, slope: centre / variance, pull: 2 * step * centre / variance)
        }
    }

    // MARK: The state of a batch

    /// The random streams of a batch. Each normal variate is one word, so the trajectories done tell all positions.
    private struct Streams {
        var start, path: RandomStream
        var clones: [RandomStream]

        init(_ schedule: CloningSchedule, coordinates: Int, after done: Int, in context: Context) {
            (start, path) = (context.stream("start"), context.stream("path"))
            clones = [context.stream("firstClone"), context.stream("secondClone")]
            let words = UInt64(done) &* UInt64(coordinates)
            start.position &+= words
            path.position &+= words &* UInt64(schedule.branchStep)
            for clone in clones.indices {
                clones[clone].position &+= words &* UInt64(schedule.steps.count - schedule.branchStep)
            }
        }
    }

    /// Names the layout of a checkpoint: the trajectories done, and how many of them agree.
    private static var layout: UInt64 { 0x636c_6f6e_6530_0001 }

    /// Where an earlier attempt stopped; the beginning when it left nothing that fits.
    private func restored(_ count: Int, multipleOf block: Int, in context: Context) -> (done: Int, same: Int) {
        guard let bytes = context.restored, let words = TaskState.words(of: bytes, layout: Self.layout),
            words.count == 2,
            words[0] <= UInt64(count), words[1] <= words[0], Int(words[0]) % block == 0 || Int(words[0]) == count
        else { return (0, 0) }
        return (Int(words[0]), Int(words[1]))
    }

    /// Tells how far the batch is, offers its state, and ends it early when the worker stops.
    private func pause(after done: Int, same: Int, of count: Int, in context: Context) throws(Interrupted) {
        context.report(progress: Double(done) / Double(count))
        context.checkpoint(TaskState.bytes(layout: Self.layout, [UInt64(done), UInt64(same)]))
        if done < count, context.isStopping { throw Interrupted() }
    }

    // MARK: The projection

    /// How many of `count` clone pairs agree, by the scalar equation of the projection `q = m . x / ||m||`.
    ///
    /// - Throws: `Interrupted` when the worker stops.
    func agreementsOfProjections(_ count: Int, in context: Context) throws(Interrupted) -> Int {
        let blockSize = 2_048
        let kernels = steps.map {
            TiltedStep(
                factor: Float($0.factor), pull: Float($0.pull), slope: Float($0.slope), diffusion: diffusion)
        }
        var (done, same) = restored(count, multipleOf: blockSize, in: context)
        var streams = Streams(self, coordinates: 1, after: done, in: context)
        var memory = [Float](repeating: 0, count: 3 * blockSize)
        while done < count {
            memory.withUnsafeMutableBufferPointer { memory in
                let first = done
                let size = min(blockSize, count - first)
                let (positions, copies, noise) = (
                    UnsafeMutableBufferPointer(rebasing: memory[..<size]),
                    UnsafeMutableBufferPointer(rebasing: memory[blockSize..<blockSize + size]),
                    UnsafeMutableBufferPointer(rebasing: memory[2 * blockSize..<2 * blockSize + size])
                )
                streams.start.fillNormals(positions)
                for kernel in kernels[..<branchStep] {
                    streams.path.fillNormals(noise)
                    kernel.advance(positions, noise: UnsafeBufferPointer(noise))
                }
                _ = copies.update(fromContentsOf: positions)
                for (clone, ends) in [positions, copies].enumerated() {
                    for kernel in kernels[branchStep...] {
                        streams.clones[clone].fillNormals(noise)
                        kernel.advance(ends, noise: UnsafeBufferPointer(noise))
                    }
                }
                for index in 0..<size where (positions[index] < 0) == (copies[index] < 0) { same += 1 }
                done += size
            }
            try pause(after: done, same: same, of: count, in: context)
        }
        return same
    }

    // MARK: All coordinates

    /// How many of `count` clone pairs agree, by the equation of all coordinates.
    ///
    /// - Throws: `Interrupted` when the worker stops.
    func agreements(_ count: Int, in context: Context) throws(Interrupted) -> Int {
        var (done, same) = restored(count, multipleOf: 1, in: context)
        var streams = Streams(self, coordinates: dimension, after: done, in: context)
        // Looked up from in about a millisecond and more.
        let stretch = max(1, 1_000_000 / (dimension * steps.count))
        var memory = [Float](repeating: 0, count: 2 * dimension)
        var noise = [Float](repeating: 0, count: min(dimension, Self.chunk))
        while done < count {
            memory.withUnsafeMutableBufferPointer { memory in
                noise.withUnsafeMutableBufferPointer { noise in
                    let position = UnsafeMutableBufferPointer(rebasing: memory[..<dimension])
                    let copy = UnsafeMutableBufferPointer(rebasing: memory[dimension...])
                    for _ in 0..<min(stretch, count - done) {
                        streams.start.fillNormals(position)
                        var sum = position.reduce(0.0) { $0 + Double($1) }
                        move(position, sum: &sum, steps[..<branchStep], noise: noise, using: &streams.path)
                        _ = copy.update(fromContentsOf: position)
                        var copySum = sum
                        move(position, sum: &sum, steps[branchStep...], noise: noise, using: &streams.clones[0])
                        move(copy, sum: &copySum, steps[branchStep...], noise: noise, using: &streams.clones[1])
                        if (sum < 0) == (copySum < 0) { same += 1 }
                        done += 1
                    }
                }
            }
            try pause(after: done, same: same, of: count, in: context)
        }
        return same
    }

    /// Coordinates that are moved at a time: they and their noise stay in the first cache.
    private static let chunk = 2_048

    /// Moves one trajectory through some steps; `sum` is that of its coordinates.
    private func move(
        _ position: UnsafeMutableBufferPointer<Float>, sum: inout Double, _ steps: ArraySlice<Step>,
        noise: UnsafeMutableBufferPointer<Float>, using stream: inout RandomStream
    ) {
        let root = Double(dimension).squareRoot()
        for step in steps {
            let shift = step.pull / root * tanh(step.slope * sum / root)
            let kernel = ShiftedStep(factor: Float(step.factor), shift: Float(shift), diffusion: diffusion)
            sum = 0
            for first in stride(from: 0, to: dimension, by: Self.chunk) {
                let size = min(Self.chunk, dimension - first)
                let noise = UnsafeMutableBufferPointer(rebasing: noise[..<size])
                stream.fillNormals(noise)
                sum += kernel.advance(
                    UnsafeMutableBufferPointer(rebasing: position[first..<first + size]),
                    noise: UnsafeBufferPointer(noise))
            }
        }
    }
}
