import Foundation
import LinearAlgebra
import SweepGrid

/// The rate of the random variates, and the check that they are the right ones.
enum Normals {
    /// As many as a training step of 60 noisy samples in 48 dimensions draws.
    static let count = 48 * 60
    /// In millions of variates a second on one core.
    static let goal = 1_000.0
    /// SHA-256 of the first million variates of the stream with key 1 and high counter 2: the same on every processor.
    static let digest = "8b0e7706a7664e962c63d51a739e585d0b5e0ba00bf6789b5eaef4e786b15d8a"

    static func run() -> Bool {
        let rate = rate(of: Float.self)
        print(line("normal variates, single precision", rate, "M/s", goal: ">= \(goal)", rate >= goal))
        print(line("normal variates, double precision", Self.rate(of: Double.self), "M/s"))

        let found = firstMillion()
        let sum = found.reduce(0.0) { $0 + Double($1) }
        let squares = found.reduce(0.0) { $0 + Double($1) * Double($1) }
        let size = Double(found.count)
        let isNormal = abs(sum) < 5 * size.squareRoot() && abs(squares - size) < 5 * (2 * size).squareRoot()
        let bits = found.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
        let found256 = SHA256.hash(bits).description
        return check("the variates are normal", isNormal, "sum \(sum), squares \(squares)")
            && check("the variates have the recorded bits", found256 == digest, found256)
    }

    private static func rate<Scalar: MatrixScalar>(of type: Scalar.Type) -> Double {
        var stream = RandomStream(key: 1, highCounter: 2)
        var block = Matrix<Scalar>(rows: count, columns: 1)
        return 1e-6 * Double(count)
            / secondsPerCall {
                block.withUnsafeMutablePointer {
                    Scalar.fillNormals(UnsafeMutableBufferPointer(start: $0, count: count), using: &stream)
                }
            }
    }

    private static func firstMillion() -> [Float] {
        var stream = RandomStream(key: 1, highCounter: 2)
        var values = [Float](repeating: 0, count: 1_000_000)
        values.withUnsafeMutableBufferPointer { stream.fillNormals($0) }
        return values
    }
}
