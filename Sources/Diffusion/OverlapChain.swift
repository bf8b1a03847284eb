import LinearAlgebra
import SweepGrid

/// The reduced engine: the overlaps with u and v form a Markov chain of their own, whose step costs the same in any dimension.
///
/// A step depends on the sample and its noise through their components along u, v and the direction of the rest of w, and
/// through the length of what is left, a chi variate of d - 3 degrees. So the chain has exactly the law of the full engine.
struct OverlapChain: DescentEngine {
    private let kernel: OnlineDescent
    private let lengths: ChiSquares
    private var components: RandomStream
    private var current: [Double]
    private var normals = [Float](repeating: 0, count: 8 * Self.stepsPerBlock)
    private var chiSquares = [Double](repeating: 0, count: Self.stepsPerBlock)
    private var filledBlock: Int?
    private(set) var step = 0
    private(set) var hittingTime: Int?

    private static let stepsPerBlock = 512

    init(_ kernel: OnlineDescent, dimension: Int, start: SphereStart, in context: Context) {
        self.kernel = kernel
        components = context.stream("components")
        lengths = ChiSquares(
            degrees: dimension - 3,
            streams: ["lengthNormals", "lengthWords", "furtherNormals", "furtherWords"].map(context.stream))
        current = start.overlaps
    }

    var overlaps: (u: Double, v: Double) { (current[0], current[1]) }

    var stepsPerBlock: Int { Self.stepsPerBlock }

    var state: [UInt64] { current.map(\.bitPattern) }

    mutating func restore(_ state: [UInt64], step: Int, hittingTime: Int?) -> Bool {
        guard state.count == current.count else { return false }
        current = state.map(Double.init(bitPattern:))
        self.step = step
        self.hittingTime = hittingTime
        return true
    }

    mutating func advance(to target: Int) {
        while step < target {
            fill(block: step / Self.stepsPerBlock)
            let first = step % Self.stepsPerBlock
            let last = min(Self.stepsPerBlock, first + target - step)
            let reached = kernel.step(&current, normals: normals, chiSquares: chiSquares, rows: first..<last)
            if hittingTime == nil, let reached { hittingTime = step + reached }
            step += last - first
        }
    }

    private mutating func fill(block: Int) {
        guard filledBlock != block else { return }
        filledBlock = block
        components.position = UInt64(block) * UInt64(normals.count)
        normals.withUnsafeMutableBufferPointer { components.fillNormals($0) }
        lengths.fill(&chiSquares, from: block * Self.stepsPerBlock)
    }
}
