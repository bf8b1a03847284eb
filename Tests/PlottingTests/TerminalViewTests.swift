import SweepGrid
import Testing

@testable import Plotting
@testable import Results

@Suite struct TerminalViewTests {
    @Test func aHeatMapIsDrawnInShadesWithTheBoundaryOfEveryRow() throws {
        let directory = try TemporaryDirectory("terminal")
        let dimension = Fixture.axis("intrinsicDimension", "intrinsic dimension", (2...4).map { .integer($0) })
        let count = Fixture.axis("sampleCount", "number of samples", (1...5).map { .integer($0) })
        let file = try Fixture.file(
            Fixture.design([dimension, count], replicates: 2), [Fixture.heatMap()], in: directory.path,
            missing: { $0 < 2 },
            success: { ($0["sampleCount"]?.number ?? 0) >= ($0["intrinsicDimension"]?.number ?? 0) ? 1 : 0 })
        #expect(
            try TerminalView.text(of: file) == """
                molrg: 15 points x 2 replicates = 30 tasks (2 missing, 28 ok)

                4 |      ████| sampleCount in (3, 4]
                3 |    ██████| sampleCount in (2, 3]
                2 |//████████| sampleCount <= 2
                  +----------+
                   1 2 3 4 5

                x: number of samples   y: intrinsic dimension
                success: recoveryError < 0.5   rate: ' ' 0  ░ <= 1/4  ▒ <= 1/2  ▓ < 1  █ 1   / missing   . not in the grid

                """)
    }

    @Test func aRunWithoutHeatMapIsShownAsATable() throws {
        let directory = try TemporaryDirectory("table")
        let method = Fixture.axis("method", "estimator", [.text("pca"), .text("denoiser")])
        let count = Fixture.axis("sampleCount", "number of samples", [.integer(5), .integer(10)])
        let file = try Fixture.file(
            Fixture.design([method, count], replicates: 4), [], in: directory.path, missing: { $0 > 13 },
            success: { ($0["sampleCount"]?.number ?? 0) > 5 ? 1 : 0 })
        let lines = try TerminalView.text(of: file, rows: 3).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "molrg: 4 points x 4 replicates = 16 tasks (2 missing, 14 ok)")
        #expect(lines[2] == "  method  sampleCount  results   rate  95 % interval  median recoveryError")
        #expect(lines[3].hasPrefix("     pca            5      4/4  0.000    0.000-0.490"))
        #expect(lines[4].hasPrefix("     pca           10      4/4  1.000    0.510-1.000"))
        #expect(lines[6] == "... 1 more points")
    }
}
