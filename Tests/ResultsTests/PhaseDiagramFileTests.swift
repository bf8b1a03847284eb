import Foundation
import SweepGrid
import Testing

@testable import HDF5
@testable import Results

@Suite struct PhaseDiagramFileTests {
    private func file(_ grid: Fixture.Grid, in parent: TemporaryDirectory) throws -> PhaseDiagramFile {
        let run = RunDirectory(parent.path)
        try run.write(Fixture.run(grid.design))
        try Fixture.write((0..<grid.design.taskCount).filter { $0 % 30 < 20 }, of: grid.design, into: run, size: 50)
        _ = try Merge([run]).write()
        return try PhaseDiagramFile(parent.path)
    }

    @Test(arguments: Fixture.Grid.allCases)
    func everyTaskIsFoundUnderItsNumber(grid: Fixture.Grid) throws {
        let parent = try TemporaryDirectory()
        let file = try file(grid, in: parent)
        #expect(file.run == Fixture.run(grid.design))
        let statuses = try file.statuses()
        let errors = try file.values("recoveryError")
        let curves = try file.values("trainingError")
        #expect(statuses.count == grid.design.taskCount && curves.count == 4 * statuses.count)
        for task in 0..<grid.design.taskCount {
            let result = Fixture.result(task, of: grid.design)
            #expect(statuses[task] == (task % 30 < 20 ? result.status : .missing))
            if statuses[task] == .ok {
                #expect(errors[task] == result.values[0] && curves[4 * task] == result.values[2])
            }
        }
        let counts = try file.counts(Fixture.rule)
        #expect(counts.map(\.trials).reduce(0, +) == (0..<grid.design.taskCount).count { $0 % 30 < 20 })
        #expect(try file.values("successes") == counts.map { Double($0.successes) })
    }

    @Test func theExportHasOneRowPerTask() throws {
        let parent = try TemporaryDirectory()
        let file = try file(.filtered, in: parent)
        var text = ""
        try file.exportCSV { text += $0 }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines[0] == "task,intrinsicDimension,sampleCount,rate,replicate,status,recoveryError,loss,"
                + "trainingError[0],trainingError[10],trainingError[100],trainingError[1000]")
        #expect(lines.count == 62 && lines[61].isEmpty)
        #expect(lines[21] == "20,2,7,0.07142857142857142,0,missing,,,,,,")
        let fields = lines[1].split(separator: ",", omittingEmptySubsequences: false)
        let first = Fixture.result(0, of: Fixture.filtered)
        #expect(fields[..<6] == ["0", "2", "2", "0.25", "0", "ok"])
        #expect(Double(fields[6]) == first.values[0])
    }

    @Test func aHeatMapPoolsItsCellsAndFitsEveryRow() throws {
        let parent = try TemporaryDirectory()
        let map = try #require(try file(.product, in: parent).heatMap(Fixture.heatMap))
        #expect(map.panels == [.text("pca"), .text("denoiser")])
        #expect(map.x.count == 6 && map.y.count == 3)
        #expect(map.tasks.allSatisfy { $0 == 4 } && map.results.reduce(0, +) == map.trials.reduce(0, +))
        var pooled = Fixture.heatMap
        pooled.panel = nil
        let both = try #require(try file(.product, in: parent).heatMap(pooled))
        #expect(both.tasks.allSatisfy { $0 == 8 })
        #expect(both.successes.reduce(0, +) == map.successes.reduce(0, +))
        pooled.selections = [Figure.Selection(axis: "method", value: .text("denoiser"))]
        let one = try #require(try file(.product, in: parent).heatMap(pooled))
        #expect(one.successes == Array(map.successes[18...]))
        pooled.x = "unknown"
        #expect(try file(.product, in: parent).heatMap(pooled) == nil)
    }

    @Test func aFileThatIsNoPhaseDiagramIsRefused() throws {
        let parent = try TemporaryDirectory()
        let path = parent.file("other.h5")
        let other = try File.create(atPath: path)
        try other.close()
        let error = #expect(throws: StorageError.self) { try PhaseDiagramFile(path) }
        #expect(error?.problem.contains("it is not a phase-diagram file") == true)
        let absent = #expect(throws: StorageError.self) { try PhaseDiagramFile(parent.path) }
        #expect(
            absent?.description
                == "'\(parent.path)/phase-diagram.h5' does not exist (merge the run first: phasemap merge DIR)")
    }
}
