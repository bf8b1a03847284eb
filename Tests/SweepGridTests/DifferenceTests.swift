import SweepGrid
import Testing

private func design(_ change: (inout Design) -> Void = { _ in }) throws -> Design {
    let sweep = Sweep("s", of: Fixture.self, replicates: 3) {
        Axis(\.count, 1...4, nested: true)
        Axis(\.method, [.slow, .fast], paired: true)
    }
    var design = try sweep.freeze().design
    change(&design)
    return design
}

@Suite struct DifferenceTests {
    @Test func equalDesignsDoNotDiffer() throws {
        #expect(try design().differences(from: design()) == [])
    }

    private static let changes: [(@Sendable (inout Design) -> Void, [String])] = [
        (
            { ($0.version, $0.seed, $0.replicates) = (2, 7, 5) },
            ["it is of version 2 of 'fixture', not 1", "its seed is 7, not 1", "it has 5 replicates, not 3"]
        ),
        ({ $0.experiment = "other" }, ["it is of experiment 'other', not 'fixture'"]),
        (
            { $0.dimensions[0].coordinates[0].values = CoordinateValues((1...9).map { .integer($0) }) },
            ["its 'count' is 1 ... 9 (9 values), not 1, 2, 3, 4"]
        ),
        (
            { design in
                design.dimensions.removeLast()
                design.fixed = [.init(name: "rate", value: .real(2))]
            }, ["its 'rate' is 2.0, not at its default", "its 'method' is at its default, not slow, fast"]
        ),
        ({ $0.dimensions.reverse() }, ["its axes stand in the order method, count, not count, method"]),
        ({ $0.kept = [0, 1] }, ["its filters or unions keep other points (2, not 8)"]),
        ({ $0.shared.removeLast() }, ["other axes are paired or nested"]),
        ({ $0.schema.dimensions[0].coordinates.append(4) }, ["its dimension 'step' has 5 coordinates, not 4"]),
        (
            { $0.schema.measurements.removeLast() },
            ["its measurements are error, not error, curve, or have other units or dimensions"]
        ),
        ({ $0.parameters[0].defaultValue = .integer(11) }, ["the experiment declares its parameters otherwise"]),
    ]

    @Test(arguments: changes.indices) func everyDifferenceIsNamed(_ index: Int) throws {
        let (change, expected) = Self.changes[index]
        let clauses = try design(change).differences(from: design())
        #expect(clauses == expected)
    }
}
