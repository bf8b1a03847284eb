import Diffusion
import Foundation
import LinearAlgebra
import SweepGrid
import Testing

/// One small task of each of the speciation and collapse experiments against a recorded result.
///
/// As in `SubspaceRecoveryGoldenTests`: a digest for each recorded combination of OpenBLAS's release and kernels, and a value
/// for all others. Record with RECORD_GOLDENS=1.
@Suite struct BiroliGoldenTests {
    struct Golden: Codable {
        var version: Int
        var value: Double
        var digests: [String: Digest]
    }

    @Test(arguments: ["speciation-reduced", "speciation-full", "collapse", "collapse-finite-size", "collapse-dynamics"])
    func aSmallTaskGivesTheRecordedResult(name: String) throws {
        let (version, values) = try Self.measure(name)
        let digest = TaskResult(status: .ok, values: values, lengths: []).digest()
        let numerics = "OpenBLAS \(BLAS.version) \(BLAS.kernelFamily)"
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Goldens/\(name).json")
        if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] == "1" {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            let old = (try? JSONDecoder().decode(Golden.self, from: Data(contentsOf: file)))
            let digests = (old?.version == version ? old?.digests : nil) ?? [:]
            let golden = Golden(
                version: version, value: values[values.count / 2],
                digests: digests.merging([numerics: digest]) { $1 })
            try encoder.encode(golden).write(to: file)
            Issue.record("the golden of \(name) was recorded for \(numerics): run the tests again without recording")
            return
        }
        let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
        try #require(golden.version == version, "another version than its golden: record it with RECORD_GOLDENS=1")
        #expect(abs(values[values.count / 2] - golden.value) < 1e-4)
        if let expected = golden.digests[numerics] {
            #expect(digest == expected, "the result changed: raise the experiment's version and record again")
        }
    }

    private static func measure(_ name: String) throws -> (version: Int, values: [Double]) {
        switch name {
        case "collapse":
            var parameters = Collapse.defaults
            (parameters.dimension, parameters.sampleCount, parameters.copies) = (30, 500, 60)
            let measured = try Collapse.run(parameters, in: context(30, 1))
            return (Collapse.version, measured.excessEntropy + measured.ownWeight + measured.participation)
        case "collapse-dynamics":
            var parameters = CollapseDynamics.defaults
            (parameters.dimension, parameters.sampleCount, parameters.trajectories) = (12, 400, 40)
            let measured = try CollapseDynamics.run(parameters, in: context(12, 1))
            // In the middle a number that no rounding moves much, unlike the rates of 40 trajectories.
            return (
                CollapseDynamics.version,
                measured.excessEntropy + measured.sameEnd + measured.settled + measured.kept + measured.participation
                    + measured.collapseTimes
            )
        case "collapse-finite-size":
            var parameters = FiniteSizeCollapse.defaults
            (parameters.dimension, parameters.sampleCount, parameters.copies) = (12, 403, 60)
            let measured = try FiniteSizeCollapse.run(parameters, in: context(12, 1))
            return (FiniteSizeCollapse.version, measured.excessEntropy + measured.ownWeight + measured.participation)
        default:
            let isFull = name == "speciation-full"
            let parameters = parameters(isFull ? .full : .reduced, 40, 1.5, isFull ? 200 : 3_000)
            return (Speciation.version, [try Speciation.run(parameters, in: context(40, 1)).sameClass])
        }
    }
}
