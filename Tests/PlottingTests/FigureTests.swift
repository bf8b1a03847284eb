import Foundation
import SweepGrid
import Testing

@testable import Plotting
@testable import Results

@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/gnuplot"), "needs gnuplot"))
struct FigureTests {
    /// Draws and checks that every picture exists and is no empty sheet.
    private func draw(_ file: PhaseDiagramFile, into directory: String) throws {
        let pictures = try FigureFiles.draw(file, into: directory)
        let names = file.run.view.figures.map(\.name)
        #expect(pictures == names.flatMap { name in ["svg", "pdf", "png"].map { "\(directory)/\(name).\($0)" } })
        for picture in pictures {
            let size = try FileManager.default.attributesOfItem(atPath: picture)[.size] as? Int
            #expect((size ?? 0) > 3000, "\(picture) is empty")
        }
        for name in names {
            #expect(Disk.exists("\(directory)/figures/\(name).gp") && Disk.exists("\(directory)/figures/\(name).dat"))
        }
    }

    @Test func aHeatMapHasAPanelPerMethodWithTheoryBoundaryMissingAndDivergedCells() throws {
        let directory = try TemporaryDirectory("methods")
        let design = Fixture.design([Fixture.dimension, Fixture.count, Fixture.method])
        let map = Fixture.heatMap {
            $0.title = "Subspace recovery from a mixture of low-rank Gaussians, n = 48"
            $0.panel = "method"
            $0.theory = [Fixture.theory]
        }
        var curves = Figure(
            name: "training-curves", title: "Training at d = 4", kind: .curves, x: "trainingStep", panel: "method",
            color: "sampleCount", measurement: "trainingError", statistic: .median, band: .quartiles)
        curves.selections = [Figure.Selection(axis: "intrinsicDimension", value: .integer(4))]
        let rates = Figure(
            name: "rates", kind: .curves, x: "sampleCount", panel: "method", color: "intrinsicDimension",
            measurement: "recoveryError", statistic: .successRate, success: Fixture.rule, band: .wilson)
        let file = try Fixture.file(design, [map, curves, rates], in: directory.path) { task in
            // Row d = 6 of the denoiser lacks its last columns, and one cell half of its replicates.
            let point = task / 20
            return point % 3 == 2 && point / 42 == 4 && point / 3 % 14 > 10 || point == 100 && task % 20 > 9
        }
        try draw(file, into: directory.path)
    }

    @Test func theContourOfOneMethodIsDrawnOverTheOthersAlongTheEdgesOfItsCells() throws {
        let directory = try TemporaryDirectory("contour")
        let dimension = Fixture.axis("intrinsicDimension", "intrinsic dimension", (2...4).map { .integer($0) })
        let design = Fixture.design([dimension, Fixture.count, Fixture.method])
        let map = Fixture.heatMap {
            $0.panel = "method"
            $0.theory = [Fixture.theory]
            $0.contours = [Figure.Contour(label: "PCA", axis: "method", value: .text("pca"))]
        }
        let file = try Fixture.file(design, [map], in: directory.path)
        try draw(file, into: directory.path)
        let drawn = try #require(try HeatMapFigure(map, file))
        let blocks = drawn.data.components(separatedBy: "\n\n\n")
        // Three blocks a panel and one theory come first; then a contour for each panel but that of `pca`.
        let corners = ["1.5 2.5", "2.5 2.5", "2.5 3.5", "3.5 3.5", "3.5 4.5"]
        #expect(blocks.count == 13)
        for (block, panel) in zip(blocks[10...11], ["denoiserExact", "denoiser"]) {
            let lines = block.split(separator: "\n").map(String.init)
            #expect(lines[0] == "# contour 'PCA' of panel '\(panel)': x y")
            #expect(lines.dropFirst() == corners[...] || lines.dropFirst() == corners.reversed()[...])
        }
        let script = drawn.script(formats: ["svg"])
        // White below the colour, in two panels; once in the legend.
        for index in 10...11 { #expect(script.components(separatedBy: "data index \(index) using").count == 3) }
        #expect(script.components(separatedBy: "title 'PCA'").count == 2)
    }

    /// Without panels by the axis the contour replaces what the figure selects of it.
    @Test func aContourComparesWithAnotherSelection() throws {
        let directory = try TemporaryDirectory("contour-selection")
        let design = Fixture.design([Fixture.dimension, Fixture.count, Fixture.method])
        var map = Fixture.heatMap {
            $0.selections = [Figure.Selection(axis: "method", value: .text("denoiser"))]
            $0.contours = [Figure.Contour(label: "PCA", axis: "method", value: .text("pca"))]
        }
        let file = try Fixture.file(design, [map], in: directory.path)
        let drawn = try #require(try HeatMapFigure(map, file))
        #expect(drawn.data.contains("# contour 'PCA' of panel '': x y\n"))
        map.contours?[0].value = .text("nobody")
        #expect(try HeatMapFigure(map, file) == nil)
    }

    @Test func aContourEndsWhereCellsHaveNoTrials() {
        let x = FigureAxis([.integer(8), .integer(2), .integer(4)], title: "", scale: .linear)
        let y = FigureAxis([.integer(0), .integer(1)], title: "", scale: .linear)
        // Columns 8, 2, 4: the row below fails at 2 alone, the upper one at 2 and has no trials at 4.
        let contour = SuccessContour(
            label: "", panel: 0, x: x, y: y, succeeds: [true, false, true, true, false, nil])
        #expect(contour.rows == ["3 -0.5", "3 0.5"])
        let island = SuccessContour(
            label: "", panel: 0, x: x, y: y, succeeds: [false, false, true, false, false, false])
        #expect(island.lines.count == 1 && Set(island.rows) == ["3 -0.5", "3 0.5", "6 0.5", "6 -0.5"])
    }

    @Test func aSinglePanelOverLogarithmicAxesHasPolygonalCells() throws {
        let directory = try TemporaryDirectory("logarithmic")
        let counts = Fixture.axis(
            "sampleCount", "number of training samples", [10, 20, 50, 100, 200, 500, 1000].map { .integer($0) })
        let map = Fixture.heatMap {
            $0.y = "noise"
            $0.xScale = .logarithmic
            $0.yScale = .logarithmic
            $0.theory = [Figure.Theory(label: "N = 100 σ", x: [10, 1000], y: [0.1, 10])]
        }
        let median = Fixture.heatMap {
            $0.name = "median-error"
            $0.y = "noise"
            $0.xScale = .logarithmic
            $0.yScale = .logarithmic
            $0.statistic = .median
        }
        let noise = Figure(
            name: "noise", kind: .curves, x: "noise", color: "sampleCount", measurement: "recoveryError",
            statistic: .mean, band: .standardError, xScale: .logarithmic, yScale: .logarithmic)
        let file = try Fixture.file(
            Fixture.design([counts, Fixture.noise]), [map, median, noise], in: directory.path,
            success: {
                let (n, s) = ($0["sampleCount"]?.number ?? 1, $0["noise"]?.number ?? 1)
                return 1 / (1 + exp(-2 * log(n / (100 * s))))
            })
        try draw(file, into: directory.path)
    }

    @Test func filteredAndZippedGridsAreDrawnOverTheirValues() throws {
        let directory = try TemporaryDirectory("filtered")
        let kept = (0..<98).filter { $0 % 14 + 3 >= $0 / 14 + 2 }
        let file = try Fixture.file(
            Fixture.design([Fixture.dimension, Fixture.count], kept: kept),
            [Fixture.heatMap { $0.theory = [Fixture.theory] }],
            in: directory.path)
        try draw(file, into: directory.path)

        let zipped = try TemporaryDirectory("zipped")
        let pairs = GridDimension(coordinates: [
            Fixture.dimension.coordinates[0],
            Coordinate(
                parameter: "sampleCount", unit: "", longName: "number of training samples",
                values: (2...8).map { .integer(2 * $0) }),
        ])
        let curve = Figure(
            name: "phase-diagram", kind: .curves, x: "sampleCount", color: "method", measurement: "recoveryError",
            statistic: .successRate, success: Fixture.rule, band: .wilson)
        try draw(
            try Fixture.file(Fixture.design([pairs, Fixture.method]), [curve], in: zipped.path), into: zipped.path)
    }

    @Test func aLogarithmicAbscissaBeginsAfterZero() throws {
        let directory = try TemporaryDirectory("steps")
        let curves = Figure(
            name: "phase-diagram", kind: .curves, x: "trainingStep", color: "sampleCount",
            measurement: "trainingError", statistic: .mean, band: .standardError, xScale: .logarithmic)
        let file = try Fixture.file(Fixture.design([Fixture.count], replicates: 5), [curves], in: directory.path)
        let figure = try #require(try CurvesFigure(curves, file))
        let blocks = figure.data.components(separatedBy: "\n\n\n").dropLast()
        #expect(blocks.count == 14)
        for block in blocks { #expect(block.split(separator: "\n").count { !$0.hasPrefix("#") } == 39) }
        #expect(figure.script(formats: ["svg"]).contains("set logscale x"))
        try draw(file, into: directory.path)
    }

    @Test func aDivergedTaskIsATrialWithoutSuccessInCurvesToo() throws {
        let directory = try TemporaryDirectory("diverged")
        let curve = Figure(
            name: "phase-diagram", kind: .curves, x: "sampleCount", measurement: "recoveryError",
            statistic: .successRate, success: Fixture.rule, band: .wilson,
            selections: [Figure.Selection(axis: "method", value: .text("denoiser"))])
        let file = try Fixture.file(
            Fixture.design([Fixture.method, Fixture.count]), [], in: directory.path, success: { _ in 1 })
        let diverged = try file.statuses().count { $0 == .diverged }
        #expect(diverged > 0)
        let drawn = try #require(try CurvesFigure(curve, file))
        let rows = drawn.data.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(rows.count == 15)
        // The mark of the diverged ones: panel 0, on the curve.
        #expect(rows[14].split(separator: " ") == ["0"] + rows[1].split(separator: " ").prefix(2))
        #expect(drawn.script(formats: ["svg"]).contains("some replicates diverged"))
        let rate = try #require(Double(rows[1].split(separator: " ")[1]))
        #expect(abs(rate - (1 - Double(diverged) / 20)) < 1e-9)
        #expect(rows[1].hasSuffix(" 20"))
    }

    @Test func manyPanelsStandInRows() throws {
        let directory = try TemporaryDirectory("panels")
        let noise = Fixture.axis("noise", "noise level", [0, 0.1, 0.2, 0.3, 0.4].map { .real($0) })
        let map = Fixture.heatMap {
            $0.panel = "noise"
            $0.title = "Recovery against noise"
        }
        let file = try Fixture.file(
            Fixture.design([Fixture.dimension, Fixture.count, noise]), [map], in: directory.path,
            success: {
                let (n, d, s) = (
                    $0["sampleCount"]?.number ?? 1, $0["intrinsicDimension"]?.number ?? 1, $0["noise"]?.number ?? 0
                )
                return 1 / (1 + exp(-1.6 * (n - d - 20 * s)))
            })
        try draw(file, into: directory.path)
    }

    @Test func aRunWithoutFiguresDrawsNothing() throws {
        let directory = try TemporaryDirectory("none")
        let file = try Fixture.file(Fixture.design([Fixture.count], replicates: 2), [], in: directory.path)
        #expect(try FigureFiles.draw(file, into: directory.path) == [])
        #expect(!Disk.exists(directory.path + "/figures"))
    }

    @Test func withoutGnuplotTheScriptAndDataStayAndTheErrorSaysWhatToDo() throws {
        let directory = try TemporaryDirectory("absent")
        let file = try Fixture.file(
            Fixture.design([Fixture.dimension, Fixture.count], replicates: 2), [Fixture.heatMap()], in: directory.path)
        let error = #expect(throws: PlottingError.self) {
            try FigureFiles.draw(file, into: directory.path, gnuplot: "/nowhere/gnuplot")
        }
        #expect(
            error?.description.contains("gnuplot is not installed (install it, on Debian: apt-get install gnuplot-nox")
                == true)
        #expect(Disk.exists(directory.path + "/figures/phase-diagram.gp"))
        #expect(Disk.exists(directory.path + "/figures/phase-diagram.dat"))
        let failing = #expect(throws: PlottingError.self) {
            try FigureFiles.draw(file, into: directory.path, gnuplot: "/bin/false")
        }
        #expect(failing?.problem == "gnuplot fails: it gives no reason")
    }

    @Test func aGnuplotThatWritesNothingOrHangsIsReported() throws {
        let directory = try TemporaryDirectory("idle")
        let script = directory.path + "/sleep.gp"
        let picture = directory.path + "/sleep.svg"
        // A program that succeeds and leaves the old picture as it is.
        for old in ["", "an old picture"] {
            try Disk.writeAtomically(Array(old.utf8), to: picture)
            let idle = #expect(throws: PlottingError.self) {
                try Gnuplot.draw(script, figure: "sleep", pictures: [picture], program: "/bin/true")
            }
            #expect(
                idle?.problem
                    == "gnuplot ends without an error, but it has not written '\(picture)': it gives no reason")
        }
        // A shell whose child keeps the output open when the shell itself is killed.
        try Disk.writeAtomically(Array("sleep 3600; true".utf8), to: script)
        let hanging = #expect(throws: PlottingError.self) {
            try Gnuplot.draw(script, figure: "sleep", pictures: [picture], program: "/bin/sh", limit: .seconds(1))
        }
        #expect(hanging?.problem == "gnuplot hangs: it was ended after 1 s")
    }

    @Test func aFigureThatDoesNotFitNamesWhatThereIs() throws {
        let directory = try TemporaryDirectory("misfit")
        let file = try Fixture.file(Fixture.design([Fixture.count], replicates: 2), [], in: directory.path)
        let error = #expect(throws: PlottingError.self) {
            try FigureFiles.draw(file, figures: [Fixture.heatMap()], into: directory.path)
        }
        #expect(error?.advice == "axes: sampleCount, trainingStep; measurements: recoveryError, trainingError")
    }

    @Test func cellsEndHalfWayBetweenTheirNeighboursOnTheScaleOfTheAxis() {
        let linear = FigureAxis([.integer(2), .integer(4), .integer(8)], title: "", scale: .linear, labels: 9)
        #expect(linear.low == [1, 3, 6] && linear.high == [3, 6, 10])
        let logarithmic = FigureAxis([.real(100), .real(1)], title: "", scale: .logarithmic, labels: 9)
        #expect(zip(logarithmic.low, [10, 0.1]).allSatisfy { abs($0 / $1 - 1) < 1e-12 })
        #expect(zip(logarithmic.high, [1000, 10]).allSatisfy { abs($0 / $1 - 1) < 1e-12 })
        let words = FigureAxis([.text("b"), .text("a")], title: "", scale: .logarithmic, labels: 1)
        #expect(words.positions == [0, 1] && !words.isLogarithmic && words.ticks.map(\.label) == ["b", "a"])
    }

    @Test func textsInScriptsAreQuoted() {
        #expect(quoted("it's \"50 %\" of\na_b") == "'it''s \"50 %\" of a_b'")
    }
}
