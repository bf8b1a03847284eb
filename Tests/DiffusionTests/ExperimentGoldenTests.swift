import Diffusion
import Foundation
import LinearAlgebra
import SweepGrid
import Testing

/// One small task of an experiment against a recorded result: a digest for each recorded combination of OpenBLAS's release and
/// kernels, and the values for all others. Record with RECORD_GOLDENS=1.
@Suite struct ExperimentGoldenTests {
    struct Golden: Codable {
        var version: Int
        var values: [Double]
        var digests: [String: Digest]
    }

    @Test(arguments: MixtureRecovery.Method.allCases)
    func mixtureRecoveryGivesTheRecordedResult(method: MixtureRecovery.Method) throws {
        var parameters = MixtureRecovery.defaults
        (parameters.components, parameters.intrinsicDimension, parameters.samplesPerComponent) = (3, 3, 4)
        (parameters.method, parameters.steps, parameters.noise) = (method, 100, 0.05)
        let measured = try MixtureRecovery.run(parameters, in: context(3, 1))
        try compare(
            "mixture-recovery-\(method)", version: MixtureRecovery.version,
            [measured.worstError, measured.meanError] + measured.trainingError, tolerance: 1e-3)
    }

    @Test func spikedCovarianceGivesTheRecordedResult() throws {
        var parameters = SpikedCovariance.defaults
        (parameters.dimension, parameters.aspectRatio, parameters.relativeStrength) = (30, 2, 1.5)
        let measured = try SpikedCovariance.run(parameters, in: context(30, 1))
        try compare(
            "spiked-covariance", version: SpikedCovariance.version,
            [measured.overlapSquared, measured.largestEigenvalue] + measured.spectrum, tolerance: 1e-9)
    }

    @Test(arguments: LinearDistillation.Teacher.allCases)
    func linearDistillationGivesTheRecordedResult(teacher: LinearDistillation.Teacher) throws {
        var parameters = LinearDistillation.defaults
        (parameters.inputCount, parameters.sampleCount, parameters.teacher) = (500, 30, teacher)
        let measured = try LinearDistillation.run(parameters, in: context(3, 1))
        try compare(
            "linear-distillation-\(teacher)", version: LinearDistillation.version,
            [
                measured.linearityScore, measured.distillationError, measured.nonlinearFraction, measured.gapToWiener,
                measured.gapToDistilled, measured.gapToMemory,
            ], tolerance: 1e-9)
    }

    @Test(arguments: LinearMemorization.Engine.allCases)
    func linearMemorizationGivesTheRecordedResult(engine: LinearMemorization.Engine) throws {
        var parameters = LinearMemorization.defaults
        (parameters.dimension, parameters.sampleRatio, parameters.steps) = (20, 1.5, 100)
        parameters.engine = engine
        let measured = try LinearMemorization.run(parameters, in: context(20, 1))
        try compare(
            "linear-memorization-\(engine)", version: LinearMemorization.version,
            measured.trainingLosses + measured.testLosses + measured.spectrum, tolerance: 1e-9)
    }

    /// Its trajectory amplifies rounding where the components part, so other kernels are compared loosely.
    @Test func denoiserJacobianGivesTheRecordedResult() throws {
        let measured = try DenoiserJacobian.run(DenoiserJacobian.defaults, in: context(7, 1))
        try compare(
            "denoiser-jacobian", version: DenoiserJacobian.version,
            measured.rankFraction + measured.dominantWeight
                + [measured.editOutside, measured.editAlignment, measured.editTransfer, measured.randomEffect]
                // A pixel of most of the pictures, each time another one.
                + stride(from: 0, to: measured.editPictures.count, by: 53).map { measured.editPictures[$0] },
            tolerance: 1e-6)
    }

    private func compare(_ name: String, version: Int, _ values: [Double], tolerance: Double) throws {
        let digest = TaskResult(status: .ok, values: values, lengths: []).digest()
        let numerics = "OpenBLAS \(BLAS.version) \(BLAS.kernelFamily)"
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Goldens/\(name).json")
        if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] == "1" {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            let old = (try? JSONDecoder().decode(Golden.self, from: Data(contentsOf: file)))
            let digests = (old?.version == version ? old?.digests : nil) ?? [:]
            let golden = Golden(version: version, values: values, digests: digests.merging([numerics: digest]) { $1 })
            try encoder.encode(golden).write(to: file)
            Issue.record("the golden of \(name) was recorded for \(numerics): run the tests again without recording")
            return
        }
        let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
        try #require(golden.version == version, "another version than its golden: record it with RECORD_GOLDENS=1")
        let far = zip(values, golden.values).enumerated().filter { abs($1.0 - $1.1) >= tolerance * max(1, abs($1.1)) }
        #expect(far.isEmpty, "values \(far.map { "\($0.offset): \($0.element.0) for \($0.element.1)" })")
        #expect(values.count == golden.values.count)
        if let expected = golden.digests[numerics] {
            #expect(digest == expected, "the result changed: raise the experiment's version and record again")
        }
    }
}
