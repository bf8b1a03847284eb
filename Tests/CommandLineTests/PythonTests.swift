import Foundation
import Testing

/// The example in Python reads merged files with xarray and recomputes cells of them from closed forms.
@Suite struct PythonTests {
    private static let root = #filePath.components(separatedBy: "/Tests/CommandLineTests/")[0]
    private static let python =
        ProcessInfo.processInfo.environment["PHASEMAP_PYTHON"] ?? root + "/.venv/bin/python"

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: python),
            "needs Python with xarray and h5netcdf: run scripts/setup --tests, or set PHASEMAP_PYTHON"))
    func cellsRecomputedFromClosedFormsAgreeWithTheMergedFiles() throws {
        let scratch = try Scratch()
        let runs = [
            ["molrg-k1", "--preset", "small", "--set", "method=pca"],
            [
                "speciation", "--preset", "small", "--set", "engine=reduced", "--set", "dimension=64,256", "--set",
                "branchTime=1.5,2,2.5", "--set", "trajectories=4000",
            ],
            [
                "collapse", "--set", "dimension=256", "--set", "sampleCount=4000", "--set", "copies=40", "--replicates",
                "4",
            ],
        ]
        for run in runs {
            let finished = try Running(
                ["run"] + run + ["--workers", "2", "--quiet", "--into", run[0]], in: scratch.url
            ).finish()
            #expect(finished.status == 0, "\(finished.errors)")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.python)
        process.arguments = [Self.root + "/examples/python/recompute.py"] + runs.map { $0[0] }
        process.currentDirectoryURL = scratch.url
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(output)")
        #expect(output.contains("molrg-k1: subspace-recovery, 72 values recomputed"), "\(output)")
        #expect(output.contains("speciation: speciation, 6 values recomputed"), "\(output)")
        #expect(output.contains("collapse: collapse,"), "\(output)")
    }
}
