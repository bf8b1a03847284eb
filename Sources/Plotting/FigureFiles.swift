internal import Foundation
package import Results
package import SweepGrid

/// Draws the figures of a phase-diagram file: pictures in a directory, script and data in its `figures`.
package enum FigureFiles {
    /// The kinds of picture drawn.
    package static let formats = ["svg", "pdf", "png"]

    /// Draws figures with gnuplot.
    ///
    /// - Parameters:
    ///   - figures: those of the file's view if nil.
    ///   - directory: receives `NAME.svg`, `.pdf`, `.png`, and `figures/NAME.gp` and `.dat`.
    /// - Returns: the pictures' paths, those of the first figure first.
    /// - Throws: `PlottingError` when a figure does not fit the data or gnuplot is missing or fails, after scripts and data
    ///   of all figures are written; `StorageError` when a file cannot be read or written.
    package static func draw(
        _ file: PhaseDiagramFile, figures: [Figure]? = nil, into directory: String, gnuplot: String = "gnuplot"
    ) throws -> [String] {
        let figures = figures ?? file.run.view.figures
        let directory = RunDirectory(directory)
        guard !figures.isEmpty else { return [] }
        try Disk.makeDirectory(directory.figures)
        var failure: PlottingError?
        var scripts: [(name: String, path: String)] = []
        for figure in figures {
            guard let (data, script) = try content(of: figure, file) else {
                failure = failure ?? misfit(figure, file)
                continue
            }
            let stem = directory.figures + "/" + figure.name
            try Disk.writeAtomically(Array(data.utf8), to: stem + ".dat")
            try Disk.writeAtomically(Array(script.utf8), to: stem + ".gp")
            scripts.append((figure.name, stem + ".gp"))
        }
        var pictures: [String] = []
        for (name, path) in scripts {
            do throws(PlottingError) {
                let drawn = formats.map { directory.picture(name, kind: $0) }
                try Gnuplot.draw(path, figure: name, pictures: drawn, program: gnuplot)
                pictures += drawn
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return pictures
    }

    private static func content(of figure: Figure, _ file: PhaseDiagramFile) throws -> (data: String, script: String)? {
        switch figure.kind {
        case .heatMap:
            guard let map = try HeatMapFigure(figure, file) else { return nil }
            return (map.data, map.script(formats: formats))
        case .curves:
            guard let curves = try CurvesFigure(figure, file) else { return nil }
            return (curves.data, curves.script(formats: formats))
        case .powerLaw:
            guard let law = try PowerLawFigure(figure, file) else { return nil }
            return (law.data, law.script(formats: formats))
        case .histogram:
            guard let histogram = try HistogramFigure(figure, file) else { return nil }
            return (histogram.data, histogram.script(formats: formats))
        case .matrix:
            guard let matrix = try MatrixFigure(figure, file) else { return nil }
            return (matrix.data, matrix.script(formats: formats))
        case .imageGrid:
            guard let grid = try ImageGridFigure(figure, file) else { return nil }
            return (grid.data, grid.script(formats: formats))
        }
    }

    private static func misfit(_ figure: Figure, _ file: PhaseDiagramFile) -> PlottingError {
        let design = file.design
        let varied = design.dimensions.flatMap(\.coordinates).map(\.parameter) + design.derived.map(\.parameter)
        let names = varied + design.schema.dimensions.map(\.name)
        let measurements = design.schema.measurements.map(\.name)
        return PlottingError(
            figure: figure.name, problem: "it names an axis, value or measurement that the run does not have",
            advice: "axes: \(names.joined(separator: ", ")); measurements: \(measurements.joined(separator: ", "))")
    }
}
