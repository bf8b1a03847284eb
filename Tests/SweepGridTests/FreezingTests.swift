import Foundation
import SweepGrid
import Testing

@Suite struct FreezingTests {
    private let sweep = Sweep("fixture-sweep", of: Fixture.self, "A fixture.", replicates: 2, seed: 7) {
        Axis(\.count, geometric(4, 64, count: 5))
        Axis(\.dimension, 2...3)
        Axis(\.method, [.slow, .fast], paired: true)
        Derived(\.rate) { 1 / Double($0.count) }
        Where { $0.count >= 8 || $0.dimension == 2 }
    } figures: {
        PhaseDiagram(x: \.count, y: \.dimension, success: \.error, below: 0.5)
            .panels(by: \.method)
            .theory("N = d") { $0.dimension }
            .logarithmic(x: true)
        Curves(along: \.curve).colored(by: \.count).at(\.dimension, 3)
        Curves(x: \.count, median: \.error).colored(by: \.dimension).named("error")
    } presets: {
        Preset("small", replicates: 1)
    }

    @Test func aFrozenRunSurvivesJSONBitForBit() throws {
        let run = try sweep.freeze()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let data = try encoder.encode(run)
        let back = try JSONDecoder().decode(FrozenRun.self, from: data)
        #expect(back == run)
        #expect(back.design.digest == run.design.digest)
        #expect(try encoder.encode(back) == data)
    }

    @Test func figuresAreFrozenByNameWithTheirTheorySampled() throws {
        let view = try sweep.freeze().view
        #expect(view.figures.map(\.name) == ["phase-diagram", "curve", "error"])
        #expect(view.success == [SuccessRule(measurement: "error", side: .below, threshold: 0.5)])
        #expect(view.figures[0].theory.map(\.x) == [[2, 3], [2, 3]])
        #expect(view.figures[0].theory.map(\.panel) == [.text("slow"), .text("fast")])
        #expect(view.figures[1].x == "step")
        #expect(view.figures[1].selections == [Figure.Selection(axis: "dimension", value: .integer(3))])
    }

    @Test func distributionsAreFrozenAndLieAlongTheAxisItself() throws {
        func sweep(_ figure: Curves<Fixture.Parameters, Fixture.Measurements>) -> Sweep {
            Sweep("distributions", of: Fixture.self) {
                Axis(\.count, [1, 2])
            } figures: {
                figure
            }
        }
        let curves = Curves<Fixture.Parameters, Fixture.Measurements>(x: \.count, mean: \.error)
        let figures = try sweep(curves.distribution("errors", of: \.error)).freeze().view.figures
        #expect(figures.map(\.distribution) == [Figure.Distribution(label: "errors", measurement: "error")])
        let plain = try JSONEncoder().encode(sweep(curves).freeze().view.figures)
        #expect(!String(decoding: plain, as: UTF8.self).contains("distribution\""))
        #expect(throws: (any Error).self) {
            try sweep(curves.against("twice") { 2 * $1 }.distribution("errors", of: \.error)).freeze()
        }
    }

    /// Where a preset or an override leaves the value out, or leaves no other, there is nothing to compare.
    @Test func contoursAreFrozenWhereTheGridHasBothSides() throws {
        let sweep = Sweep("contours", of: Fixture.self) {
            Axis(\.count, [4, 8])
            Axis(\.dimension, 2...3)
            Axis(\.method, [.slow, .fast])
        } figures: {
            PhaseDiagram(x: \.count, y: \.dimension, success: \.error, below: 0.5)
                .panels(by: \.method).contour("slow: rate 1/2", of: \.method, .slow)
        }
        let contour = Figure.Contour(label: "slow: rate 1/2", axis: "method", value: .text("slow"))
        #expect(try sweep.freeze().view.figures.map(\.contours) == [[contour]])
        for method in ["slow", "fast"] {
            let view = try sweep.freeze(.init(overrides: [.init(axis: "method", text: method)])).view
            #expect(view.figures.map(\.contours) == [nil])
        }
        // A figure without any is written as before there were contours.
        let figure = try JSONEncoder().encode(try self.sweep.freeze().view.figures[0])
        #expect(!String(decoding: figure, as: UTF8.self).contains("contours"))
    }

    @Test func onlyARateHasAContour() {
        let sweep = Sweep("contours", of: Fixture.self) {
            Axis(\.count, [4, 8])
            Axis(\.dimension, 2...3)
        } figures: {
            PhaseDiagram(x: \.count, y: \.dimension, median: \.error).contour("slow", of: \.method, .slow)
        }
        let error = #expect(throws: SweepError.self) { try sweep.freeze() }
        #expect(
            error?.problems == ["a figure has a contour, but shows no success rate: only rates have one, at one half"])
    }

    /// The fixture's curve has as many values as its largest dimension: 3.
    @Test func anImageGridIsFrozenWithItsLayoutWhereItHasAsManyPixelsAsTheArray() throws {
        func frozen(
            _ refine: (ImageGrid<Fixture.Parameters, Fixture.Measurements>) -> ImageGrid<
                Fixture.Parameters, Fixture.Measurements
            >
        ) throws(SweepError) -> [Figure] {
            let grid = refine(ImageGrid(of: \.curve, height: 1, width: 1).columnTitle("step"))
            return try Sweep("images", of: Fixture.self) {
                Axis(\.dimension, 2...3)
            } figures: {
                grid
            }.freeze().view.figures
        }
        let figures = try frozen {
            $0.rows(["a"]).columns("", ["edit"]).columns("both", ["-1", "1"]).at(\.dimension, 3).named("images")
        }
        let groups = [
            Figure.Tiles.Group(title: "", columns: ["edit"]), Figure.Tiles.Group(title: "both", columns: ["-1", "1"]),
        ]
        #expect(figures.map(\.kind) == [.imageGrid] && figures.map(\.name) == ["images"])
        #expect(
            figures.map(\.tiles)
                == [Figure.Tiles(height: 1, width: 1, rows: ["a"], groups: groups, columnTitle: "step")])
        #expect(try JSONDecoder().decode([Figure].self, from: JSONEncoder().encode(figures)) == figures)
        let few = #expect(throws: SweepError.self) { _ = try frozen { $0.rows(["a"]).columns("", ["1", "2"]) } }
        #expect(few?.problems == ["a figure shows the 3 values of 'curve' as 1 x 2 images of 1 x 1 pixels"])
        let panels = #expect(throws: SweepError.self) {
            _ = try frozen { $0.rows(["a"]).columns("", ["1", "2", "3"]).panels(by: \.dimension) }
        }
        #expect(panels?.problems == ["an image grid of 'curve' has panels: use .at instead"])
    }

    /// A run of before an experiment measured something gets the figures of what it has.
    @Test func figuresOfMeasurementsThatARunLacksAreLeftOut() throws {
        var earlier = try sweep.freeze().design
        earlier.schema = Schema(measurements: [earlier.schema.measurements[0]])
        #expect(try sweep.view(of: earlier).figures.map(\.name) == ["phase-diagram", "error"])
    }

    @Test func recordedDimensionsTakeTheLongestCoordinates() throws {
        let schema = try sweep.freeze().design.schema
        #expect(schema.dimensions.map(\.coordinates) == [[0, 1, 2]])
        #expect(schema.width == 4)
        #expect(schema.columns(of: "curve") == 1..<4)
        #expect(schema.columns(of: "other") == nil)
    }

    @Test func anExperimentRunsWithoutItsTypes() throws {
        let run = try sweep.freeze()
        let design = run.design
        let result = try sweep.experiment.run(
            design.values(ofPoint: 0), schema: design.schema,
            in: Context(streams: design.streams(point: 0, replicate: 1)))
        #expect(result.status == .ok)
        #expect(result.lengths == [2])
        #expect(result.values.count == 4 && result.values[3].isNaN)
        let again = try sweep.experiment.run(
            design.values(ofPoint: 0), schema: design.schema,
            in: Context(streams: design.streams(point: 0, replicate: 1)))
        #expect(again.digest() == result.digest())
    }

    @Test func aDivergedTrainingIsAResult() throws {
        let sweep = Sweep("s", of: Fixture.self) { Fixed(\.rate, 9.5) }
        let design = try sweep.freeze().design
        let result = try sweep.experiment.run(
            design.values(ofPoint: 0), schema: design.schema,
            in: Context(streams: design.streams(point: 0, replicate: 0)))
        #expect(result.status == .diverged)
        #expect(result.values.allSatisfy { $0.isNaN })
    }

    @Test func damagedDesignsAreRefusedWithAReason() throws {
        var design = try sweep.freeze().design
        design.kept = [0, 99]
        #expect(design.defect == "a kept position lies outside the box")
        let data = try JSONEncoder().encode(design)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Design.self, from: data) }
    }

    @Test func theProbeIsTheCheapestPoint() throws {
        let run = try sweep.freeze()
        #expect(run.design.values(ofPoint: run.probeTask / 2)[0] == .integer(4))
    }
}
