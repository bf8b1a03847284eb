import Diffusion
import Foundation
import LinearAlgebra
import SweepGrid
import Testing

/// One small task per method against a recorded result.
///
/// The bits of a product depend on OpenBLAS's release and kernels, so the file holds a digest for each combination that was
/// recorded, and the values for all: a machine with a recorded combination must give the same bits, any other one the same
/// values within rounding. Record on the machine at hand with RECORD_GOLDENS=1, and for other kernels with OPENBLAS_CORETYPE
/// set as well.
@Suite struct SubspaceRecoveryGoldenTests {
    struct Golden: Codable {
        struct Task: Codable {
            var recoveryError: Double
            var lastLoss: Double?
            var digests: [String: Digest]
        }
        var version: Int
        var tasks: [String: Task]
    }

    @Test(arguments: SubspaceRecovery.Method.allCases)
    func aSmallTaskGivesTheRecordedResult(method: SubspaceRecovery.Method) throws {
        let measured = try run(method, 3, 5, 1, noise: 0.05, steps: 200)
        let result = TaskResult(
            status: .ok, values: [measured.recoveryError] + measured.trainingError + measured.trainingLoss,
            lengths: [measured.trainingError.count, measured.trainingLoss.count])
        let numerics = "OpenBLAS \(BLAS.version) \(BLAS.kernelFamily)"

        if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] == "1" {
            try Self.record(method, measured, result.digest(), numerics)
            Issue.record("the golden of \(method) was recorded for \(numerics): run the tests again without recording")
            return
        }
        let golden = try Self.read()
        try #require(
            golden.version == SubspaceRecovery.version,
            "the experiment has another version than its golden: record it with RECORD_GOLDENS=1")
        let expected = try #require(golden.tasks[method.rawValue])
        // Training in single precision amplifies rounding by about a hundred; the other methods do not.
        let tolerance = method == .denoiser ? 1e-4 : 1e-9
        #expect(abs(measured.recoveryError - expected.recoveryError) < tolerance)
        if let loss = expected.lastLoss {
            #expect(abs(try #require(measured.trainingLoss.last) - loss) < tolerance)
        }
        if let digest = expected.digests[numerics] {
            #expect(result.digest() == digest, "the result changed: raise the experiment's version and record again")
        }
    }

    /// Tests of the three methods run at once, and each rewrites the file.
    private static let lock = NSLock()

    private static var file: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Goldens/subspace-recovery.json")
    }

    private static func read() throws -> Golden {
        try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    }

    private static func record(
        _ method: SubspaceRecovery.Method, _ measured: SubspaceRecovery.Measurements, _ digest: Digest,
        _ numerics: String
    ) throws {
        try lock.withLock {
            var golden = (try? read()) ?? Golden(version: 0, tasks: [:])
            if golden.version != SubspaceRecovery.version {
                golden = Golden(version: SubspaceRecovery.version, tasks: [:])
            }
            let digests = golden.tasks[method.rawValue]?.digests ?? [:]
            golden.tasks[method.rawValue] = Golden.Task(
                recoveryError: measured.recoveryError, lastLoss: measured.trainingLoss.last,
                digests: digests.merging([numerics: digest]) { $1 })
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try encoder.encode(golden).write(to: file)
        }
    }
}
