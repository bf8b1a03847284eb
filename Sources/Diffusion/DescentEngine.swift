import LinearAlgebra
import SweepGrid

/// A way to compute the same random process: the overlaps of a single neuron with u and v during online training.
protocol DescentEngine {
    /// The steps taken: one fresh sample each.
    var step: Int { get }
    /// Steps whose variates are drawn together. The kernels round once more at the end of a block and where they are told
    /// to stop, so that a training may pause only at multiples of this and at its records.
    var stepsPerBlock: Int { get }
    /// The overlaps of w with u and v.
    var overlaps: (u: Double, v: Double) { get }
    /// The first step after which the watched overlap exceeded its threshold.
    var hittingTime: Int? { get }
    /// Everything that the rest of the training depends on besides the streams, as words.
    var state: [UInt64] { get }
    /// Takes over a state of an engine with the same parameters and streams; false when it is none.
    mutating func restore(_ state: [UInt64], step: Int, hittingTime: Int?) -> Bool
    /// Goes on to a later step.
    mutating func advance(to target: Int)
}

/// The random starting point that the engines share: a uniform point of the sphere.
struct SphereStart {
    /// The coordinates; those of u and v come first.
    let weights: [Double]

    init(dimension: Int, using stream: inout RandomStream) {
        var drawn = stream.normals(dimension)
        let norm = drawn.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for index in drawn.indices { drawn[index] /= norm }
        weights = drawn
    }

    /// The overlaps with u and v, and the length of what remains.
    var overlaps: [Double] {
        let rest = weights.dropFirst(2).reduce(0) { $0 + $1 * $1 }.squareRoot()
        return [weights[0], weights[1], rest]
    }
}
