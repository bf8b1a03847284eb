internal import SweepGrid

/// Values that tasks have, on all of some axes: `sampleCount=2...15,20,method=pca,replicate=0...3`.
///
/// The values of an axis are written as after `--set`; one of them suffices.
struct TaskPlace: Hashable {
    /// As the user wrote it.
    let text: String
    /// What is chosen on axes, by their places among the declared parameters.
    private var choices: [Int: [AxisSelection]] = [:]
    /// Empty for all replicates.
    private var replicates: [Int] = []

    /// Reads `axis=values,...`, with `replicate=numbers` among them or not. Until the next `=` a comma joins values of one axis.
    init(_ text: String, in design: Design) throws {
        self.text = text
        var axes: [(name: String, items: [String])] = []
        for item in AxisText.items(of: text) {
            let sides = item.components(around: "=")
            if sides.count == 2 {
                axes.append((sides[0], [sides[1]]))
            } else if axes.isEmpty {
                throw Self.unreadable(item)
            } else {
                axes[axes.count - 1].items.append(item)
            }
        }
        let names = design.parameters.map(\.name)
        for (index, axis) in axes.enumerated() {
            guard !axis.name.isEmpty, !axis.items.contains("") else { throw Self.unreadable(text) }
            guard !axes[..<index].contains(where: { $0.name == axis.name }) else {
                throw CommandFailure("'\(text)' names '\(axis.name)' twice; write \(axis.name)=a,b for either", .usage)
            }
            if axis.name == "replicate" {
                replicates = try Self.replicates(axis.items, in: design)
            } else if let place = names.firstIndex(of: axis.name) {
                let kind = design.values(ofPoint: 0)[place].kind
                choices[place] = try axis.items.map { try Self.selection($0, kind: kind, on: axis.name) }
            } else {
                throw CommandFailure(
                    "there is no axis '\(axis.name)'\(suggestion(for: axis.name, among: names))", .usage)
            }
        }
    }

    private static func unreadable(_ text: String) -> CommandFailure {
        CommandFailure(
            "'\(text)' is not of the form axis=values, for example sampleCount=6 or sampleCount=2...15", .usage)
    }

    private static func selection(_ item: String, kind: Value.Kind, on axis: String) throws -> AxisSelection {
        do {
            return try AxisSelection(item, kind: kind)
        } catch {
            throw CommandFailure("axis '\(axis)' \(error.description)", .usage)
        }
    }

    private static func replicates(_ items: [String], in design: Design) throws -> [Int] {
        let all = 0..<design.replicates
        let selections = try items.map { try selection($0, kind: .integer, on: "replicate") }
        for selection in selections where !all.contains(where: { selection.contains(.integer($0)) }) {
            throw CommandFailure("there is no replicate \(selection.text); the run has 0...\(all.count - 1)", .usage)
        }
        return all.filter { replicate in selections.contains { $0.contains(.integer(replicate)) } }
    }

    /// The tasks of all points that have the values, ascending.
    ///
    /// - Throws: `CommandFailure` when no point has them, or none has one of the values that were listed.
    func tasks(in design: Design) throws -> [Range<Int>] {
        var unseen = choices
        var found: [Range<Int>] = []
        for point in 0..<design.pointCount {
            if !choices.isEmpty {
                let values = design.values(ofPoint: point)
                for place in unseen.keys { unseen[place]?.removeAll { $0.contains(values[place]) } }
                guard choices.allSatisfy({ place, any in any.contains { $0.contains(values[place]) } }) else {
                    continue
                }
            }
            let first = point * design.replicates
            if replicates.isEmpty {
                found.append(first..<first + design.replicates)
            } else {
                found += replicates.map { first + $0..<first + $0 + 1 }
            }
        }
        if let (place, selection) = unseen.sorted(by: { $0.key < $1.key }).compactMap({ place, rest in
            rest.first.map { (place, $0) }
        }).first {
            throw Self.absent("\(design.parameters[place].name)=\(selection.text)")
        }
        guard !found.isEmpty else { throw Self.absent(text) }
        return found
    }

    private static func absent(_ text: String) -> CommandFailure {
        CommandFailure("no point of the run has \(text); 'phasemap tasks' lists them")
    }
}
