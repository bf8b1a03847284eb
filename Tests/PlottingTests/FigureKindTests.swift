import Foundation
import SweepGrid
import Testing

@testable import Plotting
@testable import Results

/// The kinds of figures beside heat maps and curves, and what pictures say about themselves.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/gnuplot"), "needs gnuplot"))
struct FigureKindTests {
    private let design = Fixture.design([Fixture.dimension, Fixture.count, Fixture.method])

    private func draw(_ figures: [Figure], _ design: Design, in directory: TemporaryDirectory) throws -> [String:
        String]
    {
        let file = try Fixture.file(design, figures, in: directory.path)
        let pictures = try FigureFiles.draw(file, into: directory.path)
        #expect(pictures.count == 3 * figures.count)
        for picture in pictures {
            let size = try FileManager.default.attributesOfItem(atPath: picture)[.size] as? Int
            #expect((size ?? 0) > 3000, "\(picture) is empty")
        }
        return Dictionary(
            uniqueKeysWithValues: try figures.map {
                ($0.name, try String(contentsOfFile: "\(directory.path)/figures/\($0.name).gp", encoding: .utf8))
            })
    }

    @Test func aPowerLawShowsItsExponentWithTheInterval() throws {
        let directory = try TemporaryDirectory("power-law")
        var law = Figure(
            name: "exponents", kind: .powerLaw, x: "intrinsicDimension", y: "sampleCount", color: "method",
            measurement: "recoveryError", statistic: .successRate, success: Fixture.rule)
        law.slopes = [1, 3]
        let scripts = try draw([law], design, in: directory)
        let script = try #require(scripts["exponents"])
        #expect(script.contains("'denoiser: exponent ") && script.contains("'slope 3'"))
        let data = try String(contentsOfFile: directory.path + "/figures/exponents.dat", encoding: .utf8)
        #expect(data.contains("# thresholds 'pca': x threshold low high") && data.contains("# law 'denoiser'"))
    }

    /// Two theories are told apart, and each is drawn only where there are points that it speaks of.
    @Test func theoriesHaveDashesOfTheirOwn() throws {
        let directory = try TemporaryDirectory("theories")
        var curves = Figure(
            name: "curves", kind: .curves, x: "sampleCount", color: "method", measurement: "recoveryError",
            statistic: .mean)
        curves.theory = ["first", "second"].map { Figure.Theory(label: $0, x: [2, 9], y: [0.5, 0.5]) }
        curves.theory.append(Figure.Theory(label: "third", color: .text("nobody"), x: [2, 9], y: [0.1, 0.1]))
        let script = try #require(try draw([curves], design, in: directory)["curves"])
        #expect(script.contains("dt (8,5)") && script.contains("dt (2,3)"))
        #expect(script.contains("'second'") && !script.contains("'third'"))
    }

    @Test func histogramsAreDensitiesAndMatricesAreImages() throws {
        let directory = try TemporaryDirectory("histogram")
        var histogram = Figure(
            name: "errors", kind: .histogram, x: "recoveryError", panel: "method", measurement: "recoveryError",
            statistic: .mean, theory: [Figure.Theory(label: "uniform", x: [0, 1], y: [1, 1])])
        histogram.bins = 10
        var matrix = Figure(
            name: "image", kind: .matrix, x: "trainingError", panel: "method", measurement: "trainingError",
            statistic: .mean)
        matrix.shape = [5, 8]
        _ = try draw([histogram, matrix], design, in: directory)
        let data = try String(contentsOfFile: directory.path + "/figures/errors.dat", encoding: .utf8)
        // The first block has ten bins whose densities times their width make 1.
        let block = data.components(separatedBy: "\n\n\n")[0].split(separator: "\n").filter { !$0.hasPrefix("#") }
        let rows = block.map { $0.split(separator: " ").compactMap { Double($0) } }
        #expect(rows.count == 10)
        let width = rows[1][0] - rows[0][0]
        #expect(abs(rows.reduce(0) { $0 + $1[1] } * width - 1) < 1e-6)
        let image = try String(contentsOfFile: directory.path + "/figures/image.dat", encoding: .utf8)
        #expect(image.components(separatedBy: "\n\n\n")[0].split(separator: "\n").count == 2 + 5)
    }

    @Test func anImageGridShowsTheFirstReplicateInNamedRowsAndGroupsOfColumns() throws {
        let directory = try TemporaryDirectory("image-grid")
        var grid = Figure(
            name: "images", kind: .imageGrid, x: "trainingError", measurement: "trainingError", statistic: .mean)
        grid.selections = [
            Figure.Selection(axis: "method", value: .text("pca")),
            Figure.Selection(axis: "intrinsicDimension", value: .integer(2)),
            Figure.Selection(axis: "sampleCount", value: .integer(2)),
        ]
        grid.tiles = Figure.Tiles(
            height: 2, width: 5, rows: ["upper", "lower"],
            groups: [.init(title: "", columns: ["edit"]), .init(title: "effects", columns: ["it's +1"])],
            columnTitle: "step")
        let script = try #require(try draw([grid], design, in: directory)["images"])
        #expect(script.contains("'upper' ") && script.contains("'effects'") && script.contains("'it''s +1' "))
        #expect(
            script.contains("estimator = pca; intrinsic dimension = 2; number of training samples = 2; first replicate")
        )
        #expect(script.components(separatedBy: "with image pixels").count == 5)
        let file = try PhaseDiagramFile(directory.path)
        let drawn = try #require(try ImageGridFigure(grid, file))
        let blocks = drawn.data.components(separatedBy: "\n\n\n").dropLast()
        let titles = [
            "'upper', ' edit'", "'upper', 'effects it's +1'", "'lower', ' edit'", "'lower', 'effects it's +1'",
        ]
        #expect(blocks.map { $0.split(separator: "\n").last { $0.hasPrefix("#") } } == titles.map { "# \($0)" })
        // The pixels are the first replicate's of the point, row by row of each image; fixtures have 20 replicates.
        let numbers = blocks.flatMap { $0.split(separator: "\n").filter { !$0.hasPrefix("#") } }
        #expect(numbers.count == 8 && numbers.allSatisfy { $0.split(separator: " ").count == 5 })
        let first = try file.values("trainingError").prefix(40)
        #expect(numbers.flatMap { $0.split(separator: " ").map(String.init) } == first.map(plotted))

        // What a damaged `run.json` may say.
        for change in [
            { (tiles: inout Figure.Tiles) in tiles.width = 4 }, { $0.height = .max }, { $0.height = -2 },
            { $0.groups = [] },
        ] {
            var damaged = grid
            if var tiles = damaged.tiles {
                change(&tiles)
                damaged.tiles = tiles
            }
            #expect(try ImageGridFigure(damaged, file) == nil)
        }
        var matrix = Figure(
            name: "image", kind: .matrix, x: "trainingError", measurement: "trainingError", statistic: .mean)
        matrix.shape = [.max, 2]
        #expect(try MatrixFigure(matrix, file) == nil)
    }

    @Test func anImageGridWithoutResultsSaysSo() throws {
        let directory = try TemporaryDirectory("empty-grid")
        var grid = Figure(
            name: "images", kind: .imageGrid, x: "trainingError", measurement: "trainingError", statistic: .mean)
        grid.tiles = Figure.Tiles(height: 4, width: 5, rows: ["a", "b"], groups: [.init(title: "", columns: ["1"])])
        let file = try Fixture.file(Fixture.design([Fixture.method]), [grid], in: directory.path) { $0 % 20 == 0 }
        #expect(try FigureFiles.draw(file, into: directory.path).count == 3)
        let script = try String(contentsOfFile: directory.path + "/figures/images.gp", encoding: .utf8)
        #expect(script.contains("no results"))
    }

    @Test func curvesTakeAComputedAbscissaGuidesAndPublishedPoints() throws {
        let directory = try TemporaryDirectory("scaled")
        var curves = Figure(
            name: "scaled", kind: .curves, x: "sampleCount", panel: "method", color: "intrinsicDimension",
            measurement: "recoveryError", statistic: .successRate, success: Fixture.rule, band: .wilson)
        let counts = (2...15).map(Double.init)
        curves.abscissa = Figure.Abscissa(
            title: "N / d",
            curves: (2...8).map { d in
                Figure.Theory(label: "", color: .integer(d), x: counts, y: counts.map { $0 / Double(d) })
            })
        curves.guides = [
            Figure.Guide(label: "N = d", isVertical: true, position: 1),
            Figure.Guide(label: "between", isVertical: false, position: 0.4, end: 0.6),
        ]
        curves.published = [Figure.Theory(label: "published", color: .integer(4), x: [1, 2], y: [0.5, 1])]
        let script = try #require(try draw([curves], design, in: directory)["scaled"])
        #expect(script.contains("set xlabel 'N / d'"))
        #expect(script.contains("set arrow from first 1, graph 0 to first 1, graph 1 nohead"))
        #expect(script.contains("'published'") && script.contains("'intrinsic dimension:'"))
        let data = try String(contentsOfFile: directory.path + "/figures/scaled.dat", encoding: .utf8)
        #expect(data.contains("\n0.5 ") && data.contains("\n7.5 "))
    }

    @Test func captionsNameSelectionsAndWhatIsPooled() throws {
        var map = Fixture.heatMap()
        #expect(design.caption(of: map) == "pooled over estimator")
        map.selections = [Figure.Selection(axis: "method", value: .text("pca"))]
        #expect(design.caption(of: map) == "estimator = pca")
        map.selections = []
        map.panel = "method"
        #expect(design.caption(of: map) == "")
    }

    /// Hills stand on the foot of the panel, the highest a quarter of it high, and hold every value that the axis shows.
    @Test func curvesShowADistributionAtTheirFoot() throws {
        let directory = try TemporaryDirectory("distribution")
        var curves = Figure(
            name: "curves", kind: .curves, x: "trainingStep", color: "method", measurement: "trainingError",
            statistic: .mean)
        curves.distribution = Figure.Distribution(label: "errors", measurement: "recoveryError")
        var unknown = curves
        unknown.name = "unknown"
        unknown.distribution = Figure.Distribution(label: "errors", measurement: "nobody")
        let scripts = try draw([curves, unknown], design, in: directory)
        let script = try #require(scripts["curves"])
        #expect(script.contains("'errors'") && script.contains("with filledcurves fs transparent solid 0.3"))
        #expect(try #require(scripts["unknown"]).contains("solid 0.3") == false)
        let data = try String(contentsOfFile: directory.path + "/figures/curves.dat", encoding: .utf8)
        let blocks = data.components(separatedBy: "# distribution 'errors'").dropFirst()
        #expect(blocks.count == 3)
        let rows = blocks.map { block in
            block.split(separator: "\n").dropFirst().map { $0.split(separator: " ").compactMap { Double($0) } }
        }
        let range = try #require(script.split(separator: "\n").first { $0.hasPrefix("set yrange") })
        let ends = range.dropFirst("set yrange [".count).dropLast().split(separator: ":").compactMap { Double($0) }
        #expect(rows.joined().allSatisfy { $0.count == 3 && abs($0[1] - ends[0]) < 1e-6 })
        let highest = try #require(rows.joined().map { $0[2] }.max())
        #expect(abs(highest - (ends[0] + (ends[1] - ends[0]) / 4)) < 1e-6)
    }

    /// Values in whole steps fall into bins of as many steps each, with their edges between the values.
    @Test func binsOfALatticeHoldAsManyPlacesEach() {
        let steps = (20...80).map { (Double($0) - 0.5) * 0.025 }
        for (count, places) in [(60, 1), (50, 1), (20, 3), (30, 2)] {
            let edges = Bins.edges(over: (0.455, 2.045), count: count, of: steps + steps)
            #expect(edges[0] <= 0.455 + 1e-9 && edges[edges.count - 1] >= 2.045 - 1e-9)
            let held = zip(edges, edges.dropFirst()).map { low, high in steps.count { $0 > low && $0 < high } }
            #expect(held.filter { $0 > 0 }.dropLast().allSatisfy { $0 == places }, "\(count): \(held)")
            #expect(held.reduce(0, +) == steps.count)
        }
        let continuous = (0..<500).map { Double($0 * $0 % 499) + Double($0) / 777 }
        #expect(Bins.edges(over: (0, 500), count: 10, of: continuous) == (0...10).map { Double($0) * 50 })
        #expect(Bins.edges(over: (1, 1), count: 3, of: [1, 1]) == [1, 2, 3, 4])
    }

    @Test func panelsWithoutAnyResultSaySo() throws {
        let directory = try TemporaryDirectory("empty")
        let curves = Figure(
            name: "curves", kind: .curves, x: "sampleCount", panel: "method", measurement: "recoveryError",
            statistic: .median, band: .quartiles)
        let file = try Fixture.file(design, [curves], in: directory.path) { $0 > 0 }
        #expect(try FigureFiles.draw(file, into: directory.path).count == 3)
        let script = try String(contentsOfFile: directory.path + "/figures/curves.gp", encoding: .utf8)
        #expect(script.contains("no results"))
    }

    @Test func ticksKeepTheirDistanceOnAnyScale() {
        let values = (0..<13).map { Value.real(1 + Double($0) * 0.125) }
        let axis = FigureAxis(values, title: "", scale: .linear, pixels: 290)
        #expect(axis.ticks.map(\.label) == ["1", "1.25", "1.5", "1.75", "2", "2.25", "2.5"])
        let powers = FigureAxis((0..<8).map { .integer(1 << $0) }, title: "", scale: .logarithmic, pixels: 600)
        #expect(powers.ticks.count == 8)
    }
}
