import Foundation
import SweepGrid
import Testing

@testable import HDF5
@testable import Results

/// Fitted power laws in the phase-diagram file, and rows that are no dimension of the grid.
@Suite struct PowerLawFormatTests {
    private static let figure = Figure(
        name: "exponents", kind: .powerLaw, x: "intrinsicDimension", y: "sampleCount", color: "method",
        measurement: "recoveryError", statistic: .successRate, success: Fixture.rule)

    private func root(_ design: Design, _ figures: [Figure], in parent: TemporaryDirectory) throws -> Group {
        let run = RunDirectory(parent.path)
        try run.write(Fixture.run(design, figures: figures))
        try Fixture.write(0..<design.taskCount, of: design, into: run)
        return try File.open(atPath: try Merge([run]).write().path).root()
    }

    @Test func aLawIsStoredForEachColourWithItsThresholdsAndInterval() throws {
        let parent = try TemporaryDirectory()
        let design = Fixture.design(Fixture.product.dimensions, replicates: 12)
        let root = try root(design, [Self.figure], in: parent)
        let names = try root.names().filter { $0.hasPrefix("fit_exponents") }
        #expect(
            names == [
                "fit_exponents_exponent", "fit_exponents_exponent_lower", "fit_exponents_exponent_upper",
                "fit_exponents_prefactor", "fit_exponents_count", "fit_exponents_threshold",
                "fit_exponents_threshold_lower", "fit_exponents_threshold_upper",
            ])
        #expect(try root.dataset("fit_exponents_exponent").extent() == [2])
        #expect(try root.dataset("fit_exponents_threshold").extent() == [2, 3])
        let exponents = try root.dataset("fit_exponents_exponent").read(Double.self)
        let lower = try root.dataset("fit_exponents_exponent_lower").read(Double.self)
        let upper = try root.dataset("fit_exponents_exponent_upper").read(Double.self)
        // Success is likelier than not from N = d on: an exponent of about 1.
        for index in exponents.indices where exponents[index].isFinite {
            #expect(lower[index] < exponents[index] && exponents[index] < upper[index])
            #expect(abs(exponents[index] - 1) < 0.8)
        }
        #expect(exponents.contains { $0.isFinite })
        let rule = try root.dataset("fit_exponents_exponent").attribute("rule", as: String.self)
        #expect(rule == "recoveryError < 0.5")
        // What the file holds is what a reader fits again.
        let file = try PhaseDiagramFile(parent.path)
        #expect(try file.powerLaws(Self.figure)?.laws.map(\.exponent).map(\.bitPattern) == exponents.map(\.bitPattern))
    }

    @Test func rowsOfAZippedGridGetADimensionOfTheirOwn() throws {
        let parent = try TemporaryDirectory()
        let map = Figure(
            name: "phase-diagram", kind: .heatMap, x: "noise", y: "sampleCount", panel: "method",
            measurement: "recoveryError", statistic: .successRate, success: Fixture.rule)
        let root = try root(Fixture.zip, [map], in: parent)
        #expect(try root.dataset("boundary").extent() == [2, 6])
        #expect(try root.dataset("boundary_sampleCount").read(Int64.self) == [2, 3, 4, 5, 6, 7])
    }
}
