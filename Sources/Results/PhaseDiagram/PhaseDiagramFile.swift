internal import HDF5
package import SweepGrid

/// A phase-diagram file opened for reading: the frozen run and, in point order, everything measured.
package struct PhaseDiagramFile {
    package let path: String
    /// The run as it was merged: its design, and its view or the one it was merged with.
    package let run: FrozenRun
    private let layout: Layout
    private let root: Group

    /// Opens a file, or the `phase-diagram.h5` of a run directory.
    ///
    /// - Throws: `StorageError` when it is no such file, damaged, or of another format version.
    package init(_ path: String) throws(StorageError) {
        let directory = RunDirectory(path)
        let path = Disk.isDirectory(path) ? directory.phaseDiagram : path
        guard Disk.exists(path) else {
            throw StorageError(path: path, problem: "does not exist", advice: "merge the run first: phasemap merge DIR")
        }
        self.path = path
        do throws(HDF5Error) {
            root = try File.open(atPath: path).root()
            guard try root.hasAttribute("format"),
                try root.attribute("format", as: String.self) == PhaseDiagramWriter.format
            else { throw HDF5Error(call: "H5Aread", subject: path, reason: "it is not a phase-diagram file") }
        } catch {
            throw StorageError(path: path, error)
        }
        do throws(HDF5Error) {
            let version = try root.attribute("format_version", as: Int32.self)
            guard version == Int32(PhaseDiagramWriter.formatVersion) else {
                throw HDF5Error(
                    call: "H5Aread", subject: path,
                    reason: "its format has version \(version); this program reads \(PhaseDiagramWriter.formatVersion)")
            }
        } catch {
            throw StorageError(path: path, error)
        }
        let text: String
        do throws(HDF5Error) { text = try root.attribute("run_json", as: String.self) } catch {
            throw StorageError(path: path, error)
        }
        run = try FrozenRun(json: Array(text.utf8), name: path + "@run_json")
        layout = Layout(run.design)
    }

    package var design: Design { run.design }

    /// A variable of the file in point order: for every point the elements of its trailing dimensions.
    package func values(_ name: String) throws(StorageError) -> [Double] {
        do throws(HDF5Error) {
            let dataset = try root.dataset(name)
            let extent = try dataset.extent()
            guard extent.starts(with: layout.extent) else {
                throw HDF5Error(call: "H5Dread", subject: name, reason: "its extent \(extent) is not that of the grid")
            }
            let values = try dataset.read(Double.self)
            guard layout.count != design.pointCount else { return values }
            let width = extent[layout.extent.count...].reduce(1, *)
            var points: [Double] = []
            points.reserveCapacity(design.pointCount * width)
            for point in 0..<design.pointCount {
                let first = layout.position(ofPoint: point) * width
                points.append(contentsOf: values[first..<first + width])
            }
            return points
        } catch {
            throw StorageError(path: path, error)
        }
    }

    /// What became of every task, by task number.
    package func statuses() throws(StorageError) -> [TaskStatus] {
        try values("status").map { TaskStatus(rawValue: UInt8(max(0, min(255, $0)))) ?? .missing }
    }

    /// Trials and successes of every point under any rule, from the replicates.
    ///
    /// - Throws: `StorageError` when the rule names no scalar measurement.
    package func counts(_ rule: SuccessRule) throws(StorageError) -> [(trials: Int, successes: Int)] {
        guard design.schema.columns(of: rule.measurement)?.count == 1 else {
            throw StorageError(path: path, problem: "has no scalar measurement '\(rule.measurement)'")
        }
        let statuses = try statuses()
        let values = try values(rule.measurement)
        return (0..<design.pointCount).map { point in
            var counts = (trials: 0, successes: 0)
            for task in point * design.replicates..<(point + 1) * design.replicates where statuses[task].hasResult {
                counts.trials += 1
                if statuses[task] == .ok && rule.holds(values[task]) { counts.successes += 1 }
            }
            return counts
        }
    }

    /// The cells of a heat map under its success rule; nil when the figure does not fit the design.
    package func heatMap(_ figure: Figure) throws(StorageError) -> HeatMap? {
        guard var map = HeatMap(figure, design: design) else { return nil }
        guard let rule = figure.success ?? run.view.success.first else { return nil }
        let statuses = try statuses()
        for (point, counts) in try counts(rule).enumerated() {
            let tasks = point * design.replicates..<(point + 1) * design.replicates
            map.add(
                point: point, trials: counts.trials, successes: counts.successes, tasks: tasks.count,
                results: counts.trials, diverged: tasks.count { statuses[$0] == .diverged })
        }
        return map
    }

    /// Replicates of a point per column, for the box of points given: how exports read piece by piece.
    func replicates(
        of measurement: String, columns: Int?, in slab: Layout.Slab
    ) throws(StorageError) -> [Double] {
        do throws(HDF5Error) {
            let trailing = [design.replicates] + (columns.map { [$0] } ?? [])
            return try root.dataset(measurement).read(
                Double.self, start: slab.start + trailing.map { _ in 0 }, count: slab.count + trailing)
        } catch {
            throw StorageError(path: path, error)
        }
    }
}
