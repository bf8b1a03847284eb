import LinearAlgebra
import SweepGrid

/// The full engine: every coordinate of every sample and of its noise is drawn, in single precision.
///
/// The law of the model does not change under rotations, so u and v are the first two coordinates. Rows are padded with zeros
/// to the width of the kernel. The variates of a step depend on its number alone.
struct SphereDescent: DescentEngine {
    private let kernel: OnlineDescent
    private let dimension: Int
    private let rowsPerBlock: Int
    private var samples, noise, latents: RandomStream
    private var weights: [Float]
    private var cleanRows: [Float]
    private var noiseRows: [Float]
    private var latentRows: [Float]
    private var filledBlock: Int?
    private(set) var step = 0
    private(set) var hittingTime: Int?

    /// The variates of a block fill half of a first-level cache.
    private static let variatesPerBlock = 2_048

    init(_ kernel: OnlineDescent, dimension: Int, start: SphereStart, in context: Context) {
        let width = (dimension + 15) / 16 * 16
        self.kernel = kernel
        self.dimension = dimension
        rowsPerBlock = max(1, Self.variatesPerBlock / width)
        samples = context.stream("samples")
        noise = context.stream("noise")
        latents = context.stream("latents")
        weights = start.weights.map(Float.init) + [Float](repeating: 0, count: width - dimension)
        cleanRows = [Float](repeating: 0, count: rowsPerBlock * width)
        noiseRows = cleanRows
        latentRows = [Float](repeating: 0, count: 2 * rowsPerBlock)
    }

    var overlaps: (u: Double, v: Double) { (Double(weights[0]), Double(weights[1])) }

    var stepsPerBlock: Int { rowsPerBlock }

    var state: [UInt64] { weights.map { UInt64($0.bitPattern) } }

    mutating func restore(_ state: [UInt64], step: Int, hittingTime: Int?) -> Bool {
        guard state.count == weights.count, state.allSatisfy({ $0 <= UInt64(UInt32.max) }) else { return false }
        weights = state.map { Float(bitPattern: UInt32($0)) }
        self.step = step
        self.hittingTime = hittingTime
        return true
    }

    mutating func advance(to target: Int) {
        while step < target {
            fill(block: step / rowsPerBlock)
            let first = step % rowsPerBlock
            let last = min(rowsPerBlock, first + target - step)
            let reached = kernel.step(&weights, clean: cleanRows, noise: noiseRows, rows: first..<last)
            if hittingTime == nil, let reached { hittingTime = step + reached }
            step += last - first
        }
    }

    private mutating func fill(block: Int) {
        guard filledBlock != block else { return }
        filledBlock = block
        let width = weights.count
        samples.position = UInt64(block) * UInt64(cleanRows.count)
        noise.position = samples.position
        latents.position = UInt64(block) * UInt64(latentRows.count)
        cleanRows.withUnsafeMutableBufferPointer { samples.fillNormals($0) }
        noiseRows.withUnsafeMutableBufferPointer { noise.fillNormals($0) }
        latentRows.withUnsafeMutableBufferPointer { latents.fillNormals($0) }
        kernel.addSpikes(to: &cleanRows, width: width, latents: latentRows)
        guard dimension < width else { return }
        for row in 0..<rowsPerBlock {
            for column in dimension..<width {
                cleanRows[row * width + column] = 0
                noiseRows[row * width + column] = 0
            }
        }
    }
}
